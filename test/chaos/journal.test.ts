import { expect, it } from 'vitest';
import { Journal, JournaledRecords, type Life } from '../../chaos/journal.ts';
import type { Passage } from '../../chaos/proxy.ts';

const life: Life = { host: 0, number: 1 };
const id = 'a'.repeat(64);
const passage = (changes: Partial<Passage>): Passage => ({
  method: 'PUT',
  target: `/account/tokens/sessions/${id}?sv=1&sig=x`,
  body: Buffer.alloc(0),
  at: 1,
  answeredAt: 2,
  status: 201,
  delivered: true,
  ...changes,
});
const tokenRequest = (token: string, changes: Partial<Passage> = {}) =>
  passage({
    method: 'POST',
    target: '/token',
    body: Buffer.from(`grant_type=refresh_token&refresh_token=${token}`),
    status: 200,
    ...changes,
  });

it('knows the refresh tokens of a grant in their order, and who presented them', () => {
  const journal = new Journal();
  const records = new JournaledRecords(journal);
  records.put('RefreshToken', 'one', { grantId: 'grant' });
  records.put('RefreshToken', 'foreign', { grantId: 'other' });
  journal.provider(tokenRequest('one', { delivered: false }), life);
  records.put('RefreshToken', 'two', { grantId: 'grant' });
  records.put('AccessToken', 'three', { grantId: 'grant' });
  expect(journal.chain('grant')).toEqual([
    { exchanges: [{ at: 1, answeredAt: 2, status: 200, delivered: false, life }] },
    { exchanges: [] },
  ]);
  expect(journal.link('two')).toBe(journal.chain('grant')[1]);
  expect(journal.link('unheard-of')).toBeUndefined();
});

it('keeps no token', () => {
  const journal = new Journal();
  journal.issued('secret-token', 'grant');
  journal.provider(tokenRequest('secret-token'), life);
  expect(JSON.stringify([journal.chain('grant'), journal.link('secret-token')])).not.toContain('secret-token');
});

it('knows what has been written for a session, and where', () => {
  const journal = new Journal();
  const rescued = Buffer.from(JSON.stringify({ id, provider: 'demo', sealed: 'x' })).toString('base64');
  const message = Buffer.from(`<QueueMessage><MessageText>${rescued}</MessageText></QueueMessage>`);
  journal.blobs(passage({}), life);
  journal.queues(passage({ method: 'POST', target: '/account/tokenkeep-recovery/messages?x', body: message }), life);
  expect(journal.writes(id).map(({ place }) => place)).toEqual(['container', 'recovery queue']);
});

it('takes for a write neither a lease, nor a read, nor what the service has refused', () => {
  const journal = new Journal();
  const session = `/account/tokens/sessions/${id}`;
  journal.blobs(passage({ target: `${session}?sv=1&comp=lease` }), life);
  journal.blobs(passage({ target: `${session}?comp=lease&sv=1` }), life);
  journal.blobs(passage({ method: 'GET' }), life);
  journal.blobs(passage({ status: 412 }), life);
  expect(journal.writes(id)).toEqual([]);
});
