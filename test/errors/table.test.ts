import { describe, expect, it } from 'vitest';
import type { ErrorRow } from '../../shared/errors/row.ts';
import { errorTable } from '../../shared/errors/table.ts';

const rows: [code: string, row: ErrorRow][] = Object.entries(errorTable);

describe('the error table', () => {
  it.each(rows)('%s has a code to keep, a title and a remedy in plain sentences', (code, { title, remedy }) => {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(title).toMatch(/^[A-Z][^.!?:]{10,90}$/);
    expect(remedy).toMatch(/^[A-Z].{10,}[^.]\.$/);
    expect(title + remedy).not.toMatch(/\s{2}|[<>&]|\b(we|oops|please|sorry)\b/i);
  });

  it.each(rows)('%s has a status that says whose turn it is', (_code, { status }) => {
    expect([400, 401, 403, 404, 409, 413, 429, 500, 501, 502, 503, 504]).toContain(status);
  });

  it('says nothing twice', () => {
    expect(new Set(rows.map(([, { title }]) => title)).size).toBe(rows.length);
  });
});
