import { run, toolEnvironment } from '../support/python.ts'

/** A file as a reader of the simple API understands it; what the page's form cannot say is `null`. */
export interface ReadFile {
  readonly filename: string
  readonly url: string
  readonly hashes: Readonly<Record<string, string>>
  readonly requiresPython: string | null
  readonly yanked: string | null
  readonly metadata: Readonly<Record<string, string>> | null
  readonly size: number | null
  readonly uploadTime: string | null
  readonly provenance: string | null
}

export interface ReadPage {
  readonly files: readonly ReadFile[]
  readonly versions: readonly string[] | null
  readonly status: string | null
}

/** The pages of an index by the names on its root. */
export type ReadIndex = Readonly<Record<string, ReadPage>>

/** An index as each reader has it in each form: `pypi-simple json`, `mousebender html` … */
export type Readings = Readonly<Record<string, ReadIndex>>

const script = String.raw`
import json, sys, urllib.request
from urllib.parse import urljoin
from mousebender import simple
from pypi_simple import ACCEPT_HTML_ONLY, ACCEPT_JSON_ONLY, PyPISimple

index = sys.argv[1]

def by_pypi_simple(accept):
    with PyPISimple(endpoint=index, accept=accept) as client:
        return {name: page(client.get_project_page(name)) for name in client.get_index_page().projects}

def page(read):
    return {
        "files": [file(each) for each in read.packages],
        "versions": read.versions,
        "status": read.status and read.status.value,
    }

def file(each):
    return {
        "filename": each.filename,
        "url": each.url,
        "hashes": each.digests,
        "requiresPython": each.requires_python,
        "yanked": (each.yanked_reason or "") if each.is_yanked else None,
        "metadata": each.metadata_digests,
        "size": each.size,
        "uploadTime": each.upload_time and each.upload_time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "provenance": each.provenance_url,
    }

def get(url, accept):
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept})) as answer:
        return answer.read().decode(), answer.headers["Content-Type"], answer.url

def by_mousebender(accept):
    text, kind, _ = get(index, accept)
    names = [each["name"] for each in simple.parse_project_index(text, kind)["projects"]]
    return {name: details(name, accept) for name in names}

def details(name, accept):
    text, kind, url = get(simple.create_project_url(index, name), accept)
    read = simple.parse_project_details(text, kind, name)
    return {
        "files": [detail(each, url) for each in read["files"]],
        "versions": read.get("versions"),
        "status": read.get("project-status", {}).get("status"),
    }

def detail(each, url):
    yanked = each.get("yanked", False)
    return {
        "filename": each["filename"],
        "url": urljoin(url, each["url"]),
        "hashes": each["hashes"],
        "requiresPython": each.get("requires-python"),
        "yanked": None if yanked is False else "" if yanked is True else yanked,
        "metadata": each.get("core-metadata"),
        "size": each.get("size"),
        "uploadTime": each.get("upload-time"),
        "provenance": each.get("provenance") and urljoin(url, each["provenance"]),
    }

json.dump({
    "pypi-simple html": by_pypi_simple(ACCEPT_HTML_ONLY),
    "pypi-simple json": by_pypi_simple(ACCEPT_JSON_ONLY),
    "mousebender html": by_mousebender(simple.ACCEPT_HTML),
    "mousebender json": by_mousebender(simple.ACCEPT_JSON_V1),
}, sys.stdout)
`

/** Reads a whole index with `pypi-simple` and `mousebender`, in both its forms. */
export async function readIndex(url: string): Promise<Readings> {
  const { python } = await toolEnvironment('readers', ['pypi-simple==1.8.0', 'mousebender==2025.1'])
  const { code, stdout, stderr } = await run(python, ['-c', script, url])
  if (code !== 0) throw new Error(`the readers ended with ${code}\n${stderr}`)
  return JSON.parse(stdout) as Readings
}
