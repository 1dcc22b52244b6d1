/**
 * How much of a refused upload is read on, and thrown away, in bytes: clients read no answer before they have sent, and
 * to one that is cut off a wrong token is a broken connection.
 */
export const drainedBytes = 256 * 1024 * 1024
