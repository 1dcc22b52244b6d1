/** What commands exit with besides 0 and the codes of errors (pool/errors.ts). */
export const exitCodes = {
  /** Something is not as it was, or not as the other is: diff(1) has 1 and 2 for it. */
  differs: 2,
  /** As shells give it for a command that Ctrl-C has ended. */
  stopped: 130,
} as const
