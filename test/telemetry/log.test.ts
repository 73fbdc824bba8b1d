import { describe, expect, it } from 'vitest';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import { logEvents } from '../../shared/telemetry/events.ts';
import { createLog } from '../../shared/telemetry/log.ts';

const sas = 'https://account.blob.core.windows.net/tokens?sp=rwdl&sig=secretsignature';

/** The one line that an event becomes, parsed, with its level. */
function logged(...event: Parameters<ReturnType<typeof createLog>['event']>): Record<string, unknown> {
  const lines: Record<string, unknown>[] = [];
  const write = (level: string, line: string) => {
    expect(line).not.toContain('\n');
    lines.push({ level, ...JSON.parse(line) });
  };
  createLog(() => Date.UTC(2026, 0, 2, 3, 4, 5), write).event(...event);
  expect(lines).toHaveLength(1);
  return lines[0] ?? {};
}

/** An error as Azure clients throw them: request and response hang on it, and the message may quote the address. */
class RestError extends Error {
  override readonly name = 'RestError';
  readonly code = 'AuthenticationFailed';
  readonly statusCode = 403;
  readonly request = { url: sas, headers: { authorization: 'Bearer token-in-header' } };
  readonly response = { bodyAsText: 'body-of-answer' };
  readonly details = { message: 'details-of-answer' };
}

const forbidden = ['secretsignature', 'blob.core', 'token-in-header', 'body-of-answer', 'details-of-answer', 'tokens?'];
function expectSafe(record: Record<string, unknown>): void {
  for (const text of forbidden) expect(JSON.stringify(record)).not.toContain(text);
}

describe('a log line', () => {
  it('is one line of JSON with the time in UTC, the number and the name of the event', () => {
    expect(logged('signed_out', { session: 'abc', reason: 'asked', count: 2, extra: undefined })).toEqual({
      level: 'info',
      time: '2026-01-02T03:04:05.000Z',
      id: 203,
      event: 'signed_out',
      session: 'abc',
      reason: 'asked',
      count: 2,
    });
  });

  it('cannot be broken up by what a field holds', () => {
    const reason = 'a\n{"event":"forged"}\r\u2028"';
    expect(logged('signed_out', { reason })['reason']).toBe(reason);
  });
});

describe('an error in the log', () => {
  it('of our own is its code and detail', () => {
    const error = new TokenkeepError('seal_broken', { detail: 'what exactly' });
    expect(logged('seal_refused', {}, error)).toMatchObject({
      level: 'error',
      error: 'seal_broken',
      detail: 'what exactly',
    });
  });

  it('of a client library is its class, code and status, without message, request or response', () => {
    const record = logged('request_failed', {}, new RestError(`GET ${sas} failed`));
    expect(record).toMatchObject({ name: 'RestError', code: 'AuthenticationFailed', statusCode: 403 });
    expectSafe(record);
  });

  it('underneath one of ours is shown as its cause, as safely', () => {
    const error = new TokenkeepError('container_access_expired', { cause: new RestError(`GET ${sas} failed`) });
    const record = logged('request_failed', {}, error);
    expect(record).toMatchObject({
      error: 'container_access_expired',
      cause: 'RestError',
      cause_code: 'AuthenticationFailed',
      cause_statusCode: 403,
    });
    expectSafe(record);
  });

  it('tells where it was thrown', () => {
    expect(logged('request_failed', {}, new TypeError(sas))['at']).toMatch(/log\.test\.ts:\d+:\d+/);
  });

  it.each([
    `first line\n    at ${sas}`,
    `    at fetch (${sas}:1:2)`,
    `${sas}\n    at one (${sas})\n    at two (${sas})`,
    `at ${sas}`,
  ])('never takes a part of its message for the place: %j', (message) => {
    const record = logged('request_failed', {}, new Error(message));
    expectSafe(record);
    expect(record['at']).toMatch(/log\.test\.ts/);
  });

  it('says nothing of the place where the message was changed afterwards', () => {
    const error = new Error(`one\n    at ${sas}`);
    error.message = 'another message';
    expectSafe(logged('request_failed', {}, error));
  });

  it.each([sas, { url: sas }, [sas], null, 42])(
    'may be anything that was thrown, and shows none of it: %j',
    (thrown) => {
      const record = logged('request_failed', {}, thrown);
      expect(record).toMatchObject({ event: 'request_failed', name: thrown === null ? 'object' : typeof thrown });
      expectSafe(record);
    },
  );
});

describe('the events', () => {
  it('have a number each, which no other has', () => {
    const ids = Object.values(logEvents).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('go to the level that is theirs', () => {
    for (const [name, { id, level }] of Object.entries(logEvents)) {
      expect(logged(name as keyof typeof logEvents)).toMatchObject({ level, id, event: name });
    }
  });
});
