import { apiVersion, type PageFile, type ProjectPage, type RootPage } from './simple-page.ts'

/**
 * A project's page as HTML (PEP 503). PEP 833 froze this form: newer fields are in the JSON only. No `rel` anywhere:
 * setuptools before 40 follows `rel="homepage"` and `rel="download"` out of the index.
 */
export function projectPageHtml(page: ProjectPage): string {
  const links = page.files.map((file) => link(page, file))
  return html(`Links for ${page.name}`, page.release, links)
}

/** The list of projects as HTML: normalised links, real names, since setuptools before 60 looks those up here. */
export function rootPageHtml(page: RootPage): string {
  const links = page.projects.map(({ project, name }) => `<a href="${escape(project)}/">${escape(name)}</a><br>`)
  return html('Simple index', page.release, links)
}

function html(title: string, release: string | null, links: readonly string[]): string {
  const digest = release === null ? [] : [`<meta name="firn:release" content="sha256:${release}">`]
  return [
    '<!DOCTYPE html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta name="pypi:repository-version" content="${apiVersion}">`,
    ...digest,
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
  ]
  return `<a ${attributes.filter((each) => each !== '').join(' ')}>${escape(file.filename)}</a><br>`
}

/** Where a file lies, as seen from its project's page: relative, so that it works behind any host and prefix. */
export function fileUrl({ toRoot }: Pick<ProjectPage, 'toRoot'>, { project, filename }: PageFile): string {
  return `${toRoot}pool/${encodeURIComponent(project)}/${encodeURIComponent(filename)}`
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
