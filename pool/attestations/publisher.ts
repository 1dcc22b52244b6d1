import type { X509Certificate } from 'node:crypto'
import { certificateClaims, type CertificateClaims } from './certificate-claims.ts'

/** Whoever signed, as a provenance object has it. Source: PEP 740; the kinds and their keys are those that PyPI serves. */
export type Publisher = Readonly<Record<string, string | null | Readonly<Record<string, never>>>> & {
  readonly kind: string
}

const [issuer, signerUri, repositoryUri, repositoryRef, configUri] = [8, 9, 12, 14, 18]

/**
 * The publisher that a certificate names. Nobody here knows whether the certificate was issued by one who may, so that
 * this is what it says and no more. What is made of a certificate never changes: manifests hold digests of it.
 */
export function publisherOf(certificate: X509Certificate): Publisher {
  const claims = certificateClaims(certificate)
  return { claims: {}, ...(known(claims, certificate) ?? other(claims, certificate)) }
}

function known(claims: CertificateClaims, { subjectAltName }: X509Certificate): Publisher | undefined {
  switch (claims.get(issuer)) {
    case 'https://token.actions.githubusercontent.com':
      return gitHub(claims)
    case 'https://gitlab.com':
      return gitLab(claims)
    case 'https://oidc.circleci.com':
      return circleCi(claims)
    case 'https://accounts.google.com':
      return google(subjectAltName)
    default:
      return undefined
  }
}

/** `https://github.com/OWNER/REPOSITORY/.github/workflows/WORKFLOW@REF`. */
function gitHub(claims: CertificateClaims): Publisher | undefined {
  const repository = below('https://github.com/', claims.get(repositoryUri))
  const workflow = below(`https://github.com/${repository}/.github/workflows/`, claims.get(configUri))?.split('@')[0]
  return repository === undefined || workflow === undefined
    ? undefined
    : { kind: 'GitHub', repository, workflow, environment: null }
}

/** `https://gitlab.com/NAMESPACE/PROJECT//FILE@REF`. */
function gitLab(claims: CertificateClaims): Publisher | undefined {
  const repository = below('https://gitlab.com/', claims.get(repositoryUri))
  const file = below(`https://gitlab.com/${repository}//`, claims.get(configUri))?.split('@')[0]
  return repository === undefined || file === undefined
    ? undefined
    : { kind: 'GitLab', repository, workflow_filepath: file, environment: null }
}

/** `https://circleci.com/api/v2/projects/PROJECT/pipeline-definitions/DEFINITION`. */
function circleCi(claims: CertificateClaims): Publisher | undefined {
  const signer = below('https://circleci.com/api/v2/projects/', claims.get(signerUri))
  const [, project, definition] = /^([^/]+)\/pipeline-definitions\/([^/]+)$/.exec(signer ?? '') ?? []
  if (project === undefined || definition === undefined) return undefined
  const [origin = null, ref = null] = [claims.get(repositoryUri), claims.get(repositoryRef)]
  return {
    kind: 'CircleCI',
    project_id: project,
    pipeline_definition_id: definition,
    vcs_origin: origin,
    vcs_ref: ref,
  }
}

function google(subjectAltName: string | undefined): Publisher | undefined {
  const [, email] = /^email:([^\s,"]+)$/.exec(subjectAltName ?? '') ?? []
  return email === undefined ? undefined : { kind: 'Google', email }
}

/** PEP 740 leaves the kinds open; one that has no name is told by who vouched for it. */
function other(claims: CertificateClaims, { subjectAltName }: X509Certificate): Publisher {
  return { kind: claims.get(issuer) ?? 'unknown', identity: subjectAltName ?? null }
}

function below(prefix: string, uri: string | undefined): string | undefined {
  return uri?.startsWith(prefix) === true && uri.length > prefix.length ? uri.slice(prefix.length) : undefined
}
