import { apiVersion, type PageFile, type ProjectPage, type RootPage } from './simple-page.ts'

/**
 * A project's page as HTML (PEP 503). PEP 833 froze this form: newer fields are in the JSON only. No `rel` anywhere:
 * setuptools before 40 follows `rel="homepage"` and `rel="download"` out of the index.
 */
export function projectPageHtml(page: ProjectPage): string {
  const links = page.files.map((file) => link(page, file))
  return html(`Links for ${page.name}`, [...releaseMeta(page.release), ...statusMeta(page.status)], links)
}

/** The list of projects as HTML: normalised links, real names, since setuptools before 60 looks those up here. */
export function rootPageHtml(page: RootPage): string {
  const links = page.projects.map(({ project, name }) => `<a href="${escape(project)}/">${escape(name)}</a><br>`)
  return html('Simple index', releaseMeta(page.release), links)
}

function releaseMeta(release: string | null): readonly string[] {
  return release === null ? [] : [meta('firn:release', `sha256:${release}`)]
}

/** Source: PEP 792. */
function statusMeta(status: ProjectPage['status']): readonly string[] {
  if (status === null) return []
  const reason = status.reason === null ? [] : [meta('pypi:project-status-reason', status.reason)]
  return [meta('pypi:project-status', status.status), ...reason]
}

function meta(name: string, content: string): string {
  return `<meta ${attribute('name', name)} ${attribute('content', content)}>`
}

function html(title: string, metas: readonly string[], links: readonly string[]): string {
  return [
    '<!DOCTYPE html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    meta('pypi:repository-version', apiVersion),
    ...metas,
    '<meta name="viewport" content="width=device-width">',
    `<title>${escape(title)}</title>`,
    '</head>',
    '<body>',
    `<h1>${escape(title)}</h1>`,
    ...links,
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

function link(page: ProjectPage, file: PageFile): string {
  const metadata = file.metadataSha256 === null ? undefined : `sha256=${file.metadataSha256}`
  const attributes = [
    attribute('href', `${fileUrl(page, file)}#sha256=${file.sha256}`),
    attribute('data-requires-python', file.requiresPython ?? undefined),
    // PEP 714: clients that know only the first name of PEP 658 read `data-dist-info-metadata`.
    attribute('data-core-metadata', metadata),
    attribute('data-dist-info-metadata', metadata),
    attribute('data-yanked', file.yanked ?? undefined),
    attribute('data-provenance', file.provenance ? provenanceUrl(page, file) : undefined),
  ]
  return `<a ${attributes.filter((each) => each !== '').join(' ')}>${escape(file.filename)}</a><br>`
}

/** Where a file lies, as seen from its project's page: relative, so that it works behind any host and prefix. */
export function fileUrl({ toRoot }: Pick<ProjectPage, 'toRoot'>, { project, filename }: PageFile): string {
  return `${toRoot}pool/${encodeURIComponent(project)}/${encodeURIComponent(filename)}`
}

/** PEP 740 has it "fully qualified"; so it is where the page may know its host. */
export function provenanceUrl({ toRoot, base }: ProjectPage, file: PageFile): string {
  return `${fileUrl({ toRoot: base ?? toRoot }, file)}.provenance`
}

function attribute(name: string, value: string | undefined): string {
  return value === undefined ? '' : `${name}="${escape(value)}"`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
}
