import { z } from 'zod'

const plain = (longest: number) => z.string().regex(new RegExp(`^[^\\p{C}\\p{Z}]{1,${longest}}$`, 'u'))

/** The commit that a product is released from. A manifest is for everyone to read: a URL with a password is refused. */
export const sourceField = z.strictObject({
  url: plain(500)
    .refine((url) => !/^[a-z][a-z0-9+.-]*:\/\/[^/@]*:[^/@]*@/i.test(url), 'it has a password in it')
    .nullable(),
  revision: plain(100),
  tag: plain(250).nullable(),
})
