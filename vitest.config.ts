import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Deadlines against hanging, not measures: a busy machine must not fail a test.
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/temporary-root.ts',
    testTimeout: 120_000,
    hookTimeout: 240_000,
  },
})
