/**
 * The version of the JSON API, after semver: a client and a server understand each other if the major version is the
 * same. Raised with every change of `/api/v1/` that a client can notice.
 */
export const apiVersion = '1.0.0'

/** The header in which each side says it. */
export const apiVersionHeader = 'firn-api'
