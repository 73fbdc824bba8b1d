import { startVitest } from 'vitest/node';

/** `npm test [-- name-of-a-file …]`: every test that needs only npm, and those for programs that are found. */
const vitest = await startVitest('test', process.argv.slice(2), { watch: false });
await vitest.close();
