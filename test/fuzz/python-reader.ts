import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { toolEnvironment } from '../support/python.ts'

/** What Python finds in an archive that lies at `path`, as pip would look for it. */
export interface Found {
  readonly metadata: Buffer
  /** Normalised. */
  readonly name: string
  readonly version: string
}

export interface ArchiveAtPath {
  readonly path: string
  readonly kind: 'sdist' | 'wheel' | 'egg'
  readonly format: 'zip' | 'tar.gz' | 'tar.bz2'
}

/** An archive that Python has written. */
export interface Written {
  readonly filename: string
  readonly bytes: Buffer
}

/** A Python process that answers one question after another. */
export interface PythonReader {
  /** What is found, or why nothing is. */
  readonly read: (archive: ArchiveAtPath) => Promise<Found | string>
  /** Small archives as the tools of the last twenty years write them: with `zipfile` and `tarfile`. */
  readonly corpus: () => Promise<readonly Written[]>
  readonly end: () => Promise<void>
}

const program = String.raw`
import base64, bz2, gzip, io, json, sys, tarfile, warnings, zipfile
from packaging.metadata import parse_email
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

warnings.simplefilter("ignore")
BODY = "Metadata-Version: 2.1\nName: %s\nVersion: %s\nSummary: k\xe4se\nRequires-Python: >=3.8\nRequires-Dist: lxml>=4\n\nText.\n"

def only(found):
    if len(found) != 1:
        raise ValueError("%d places for the metadata: %r" % (len(found), found[:5]))
    return found[0]

def unpacked(name):
    return "/".join(s for s in name.split("/") if s not in ("", "."))

def from_zip(path, kind):
    with zipfile.ZipFile(path) as z:
        # A sdist is unpacked and then read; wheels and eggs are asked for an entry of exactly this name.
        names = {n: unpacked(n) if kind == "sdist" else n for n in z.namelist()}
        tops = sorted({n.split("/", 1)[0] for n in names})
        if kind == "wheel":
            place = only([t for t in tops if t.endswith(".dist-info")]) + "/METADATA"
        elif kind == "egg":
            place = "EGG-INFO/PKG-INFO"
        else:
            place = only(sorted({n.split("/", 1)[0] for n in names.values() if "/" in n})) + "/PKG-INFO"
        return z.read(only([i for i in z.infolist() if names[i.filename] == place]))

def from_tar(path, format):
    with tarfile.open(path, "r:bz2" if format == "tar.bz2" else "r:gz") as t:
        members = t.getmembers()
        names = [(unpacked(m.name), m) for m in members]
        place = only(sorted({n.split("/", 1)[0] for n, m in names if "/" in n or (n and m.isdir())})) + "/PKG-INFO"
        member = only([m for n, m in names if n == place])
        if not member.isreg():
            raise ValueError("no file")
        return t.extractfile(member).read()

def read(question):
    kind, format, path = question["kind"], question["format"], question["path"]
    metadata = from_zip(path, kind) if format == "zip" else from_tar(path, format)
    raw, _ = parse_email(metadata)
    version = raw.get("version", "")
    try:
        version = str(Version(version))
    except InvalidVersion:
        pass
    return {"metadata": base64.b64encode(metadata).decode(), "name": canonicalize_name(raw.get("name", "")), "version": version}

def files(top, name, version, place):
    body = (BODY % (name, version)).encode()
    return [(top + "setup.py", b"from setuptools import setup\nsetup()\n"), (top + "karl/__init__.py", b"x = 1\n" * 40),
            (top + "karl/" + "deep/" * 24 + "a.txt", b"deep"), (top + "karl/k\xe4se.txt", b"cheese"), (place, body)]

class Stream(io.RawIOBase):
    def __init__(self): self.bytes = bytearray()
    def writable(self): return True
    def write(self, data): self.bytes += data; return len(data)

def zipped(entries, streamed=False, stored=False, zip64=False, directories=False, comment=b"", script=b""):
    out = Stream() if streamed else io.BytesIO(script)
    with zipfile.ZipFile(out, "a" if script else "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as z:
        z.comment = comment
        made = set()
        for name, data in entries:
            parents = [name[:at + 1] for at, c in enumerate(name) if c == "/"] if directories else []
            for parent in parents:
                if parent not in made:
                    z.writestr(zipfile.ZipInfo(parent, (2010, 1, 1, 0, 0, 0)), b"")
                    made.add(parent)
            info = zipfile.ZipInfo(name, (2010, 1, 1, 0, 0, 0))
            info.compress_type = z.compression
            info.external_attr = 0o100644 << 16
            with z.open(info, "w", force_zip64=zip64) as entry:
                entry.write(data)
    return bytes(out.bytes) if streamed else out.getvalue()

def tarred(entries, format, top, link=False):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as t:
        root = tarfile.TarInfo(top)
        root.type, root.mode, root.mtime = tarfile.DIRTYPE, 0o755, 1262304000.5 if format == tarfile.PAX_FORMAT else 1262304000
        t.addfile(root)
        for name, data in entries:
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.uname = len(data), root.mtime, "z\xf6pe" if format == tarfile.PAX_FORMAT else "zope"
            t.addfile(info, io.BytesIO(data))
        if link:
            info = tarfile.TarInfo(top + "/link.txt")
            info.type, info.linkname = tarfile.SYMTYPE, "karl/__init__.py"
            t.addfile(info)
    return out.getvalue()

def gzipped(data, name):
    out = io.BytesIO()
    with gzip.GzipFile(name, "wb", 9, out, 1262304000) as g:
        g.write(data)
    return out.getvalue()

def wheel(name="karl", version="3.30"):
    info = "%s-%s.dist-info/" % (name, version)
    return files("", name, version, info + "METADATA") + [(info + "WHEEL", b"Wheel-Version: 1.0\n"), (info + "RECORD", b"")]

def corpus():
    sdist = files("karl-3.30/", "karl", "3.30", "karl-3.30/PKG-INFO")
    other = files("Zope.Karl-3.30/", "Zope.Karl", "3.30", "Zope.Karl-3.30/PKG-INFO")
    egg = files("", "karl", "3.30", "EGG-INFO/PKG-INFO") + [("EGG-INFO/requires.txt", b"lxml>=4\n")]
    pax, gnu, ustar = (tarred(sdist, f, "karl-3.30", f != tarfile.USTAR_FORMAT)
                       for f in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT))
    return [
        ("karl-3.30-py3-none-any.whl", zipped(wheel())),
        ("karl-3.30-py3-none-any.whl", zipped(wheel(), streamed=True)),
        ("karl-3.30-py3-none-any.whl", zipped(wheel(), stored=True, directories=True, comment=b"made by a tool")),
        ("karl-3.30-py3-none-any.whl", zipped(wheel(), zip64=True)),
        ("karl-3.30-py2.7.egg", zipped(egg)),
        ("karl-3.30-py2.7.egg", zipped(egg, script=b"#!/bin/sh\nexec python\n")),
        ("karl-3.30.zip", zipped(sdist, directories=True)),
        ("Zope.Karl-3.30.zip", zipped(other, stored=True)),
        ("karl-3.30.tar.gz", gzipped(pax, "dist/karl-3.30.tar")),
        ("karl-3.30.tar.gz", gzipped(gnu, "")),
        ("karl-3.30.tgz", gzipped(ustar, "karl-3.30.tar")),
        ("karl-3.30.tar.bz2", bz2.compress(gnu)),
        ("Zope.Karl-3.30.tar.gz", gzipped(tarred(other, tarfile.GNU_FORMAT, "Zope.Karl-3.30"), "")),
    ]

def answer(question):
    if question["ask"] == "corpus":
        return [{"filename": name, "bytes": base64.b64encode(data).decode()} for name, data in corpus()]
    try:
        return read(question)
    except Exception as error:
        return {"error": "%s: %s" % (type(error).__name__, error)}

for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
`

/** Starts Python with `packaging`, whose versions and names are the ones to agree with. */
export async function startReader(): Promise<PythonReader> {
  const { python } = await toolEnvironment('packaging', ['packaging==26.3'])
  const child = spawn(python, ['-c', program], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ask = async (question: object): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(question)}\n`)
    const { value, done } = await lines.next()
    if (done === true) throw new Error('Python has ended')
    return JSON.parse(value)
  }
  return {
    async read(archive) {
      const found = (await ask({ ask: 'read', ...archive })) as Record<string, string>
      const { error, metadata = '', name = '', version = '' } = found
      return error ?? { metadata: Buffer.from(metadata, 'base64'), name, version }
    },
    async corpus() {
      const written = (await ask({ ask: 'corpus' })) as readonly { filename: string; bytes: string }[]
      return written.map(({ filename, bytes }) => ({ filename, bytes: Buffer.from(bytes, 'base64') }))
    },
    async end() {
      child.stdin.end()
      await ended
    },
  }
}
