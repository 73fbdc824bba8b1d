import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import { expect, it } from 'vitest';
import { createLog } from '../../shared/telemetry/log.ts';
import { Secret } from '../../shared/telemetry/secret.ts';

const value = 'tok3n-that-nobody-may-see';
const secret = new Secret('access_token', value);
const holder = { list: [secret], inner: { secret }, map: new Map([['one', secret]]), set: new Set([secret]) };

it('gives itself out to whoever asks for it by name', () => {
  expect(secret.reveal()).toBe(value);
});

it.each<[string, () => string]>([
  ['String()', () => String(secret)],
  ['a template', () => `${secret}`],
  ['concatenation', () => 'a token: '.concat(secret as never)],
  ['join', () => [secret, secret].join()],
  ['JSON', () => JSON.stringify(secret)],
  ['JSON of what holds it', () => JSON.stringify(holder)],
  ['inspect', () => inspect(secret)],
  ['inspect with everything shown', () => inspect(secret, { showHidden: true, depth: 9, getters: true })],
  ['inspect past its own rule', () => inspect(secret, { customInspect: false, showHidden: true, depth: 9 })],
  ['inspect of what holds it', () => inspect(holder, { depth: 9, showHidden: true })],
  ['every kind of format', () => format('%s %j %o %O %d %i', secret, secret, secret, secret, secret, secret)],
  ['an error message', () => String(new Error(`failed with ${secret}`).stack)],
  ['its properties', () => JSON.stringify([Object.entries(secret), Object.getOwnPropertyNames(secret)])],
  ['a copy', () => inspect([{ ...secret }, structuredClone({ ...secret })], { showHidden: true })],
  ['a URL', () => new URL(`https://example.com/?token=${secret}`).href],
  ['a header', () => String(new Headers({ authorization: `Bearer ${secret}` }).get('authorization'))],
])('is not shown by %s', (_, print) => {
  const text = print();
  expect(text).not.toContain(value);
  expect(text).toMatch(/access_token/);
});

it('is not shown by the console', () => {
  const written: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  const output = new Console(stream);
  output.log(secret, holder);
  output.error('%s %o', secret, holder);
  output.dir(holder, { depth: 9, showHidden: true });
  output.table([secret, holder]);
  output.assert(false, secret);
  expect(written.join('')).toContain('[access_token]');
  expect(written.join('')).not.toContain(value);
});

it('is not shown by the log, even if it gets into a field against the types', () => {
  const lines: string[] = [];
  const log = createLog(Date.now, (_, line) => lines.push(line));
  log.event('refreshed', { session: secret as never, provider: holder as never });
  expect(lines.join()).toContain('[access_token]');
  expect(lines.join()).not.toContain(value);
});
