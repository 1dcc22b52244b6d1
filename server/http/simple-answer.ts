import { projectPageHtml, rootPageHtml } from '../../pool/pages/simple-html.ts'
import { projectPageJson, rootPageJson } from '../../pool/pages/simple-json.ts'
import type { ProjectPage, RootPage } from '../../pool/pages/simple-page.ts'
import { RegistryError } from '../../pool/errors.ts'
import { isProjectName, normaliseName, parseProjectName, type ProjectName } from '../../pool/project-name.ts'
import { answer, type Answer } from './answer.ts'
import { pageTypes, type PageForm } from './negotiate.ts'

/** What the live index and the frozen ones share: their URLs, and their pages as answers. */

/** A project's page in the form that was asked for. */
export function projectPageAnswer(form: PageForm, page: ProjectPage, cacheControl: string): Answer {
  return pageAnswer(form, form === 'v1+json' ? projectPageJson(page) : projectPageHtml(page), cacheControl)
}

/** The list of projects in the form that was asked for. */
export function rootPageAnswer(form: PageForm, page: RootPage, cacheControl: string): Answer {
  return pageAnswer(form, form === 'v1+json' ? rootPageJson(page) : rootPageHtml(page), cacheControl)
}

function pageAnswer(form: PageForm, text: string, cacheControl: string): Answer {
  return answer(text, { type: pageTypes[form], cacheControl, vary: 'Accept' })
}

interface ProjectPlace {
  readonly project: ProjectName
  readonly redirect?: string
}

/**
 * The project that `<name>/` below an index means, and where to go if that is not its page's own URL: old setuptools
 * asks for `/zope.interface/`, people leave out the slash. Throws `name-invalid`, `path-unknown`.
 */
export function projectPlace(name: string, below: readonly string[]): ProjectPlace {
  if (below.length > 1 || (below.length === 1 && below[0] !== '')) throw new RegistryError('path-unknown')
  if (!isProjectName(name)) parseProjectName(name)
  const project = normaliseName(name)
  if (below.length === 0) return { project, redirect: `${project}/` }
  return name === project ? { project } : { project, redirect: `../${project}/` }
}
