import fc from 'fast-check';
import { expect, it } from 'vitest';
import { markup } from '../../shared/http/markup.ts';

it('text is escaped, in elements and in attributes', () => {
  expect(markup`<a title="${`"><b>`}">${'Tom & <i>Jerry</i>'}</a>`.html).toBe(
    '<a title="&#34;&#62;&#60;b&#62;">Tom &#38; &#60;i&#62;Jerry&#60;/i&#62;</a>',
  );
});

it('what is a template itself goes in as it is, one or many', () => {
  const items = ['a', '<b>'].map((text) => markup`<li>${text}</li>`);
  expect(markup`<ul>${items}</ul>${markup`<br>`}${7}`.html).toBe('<ul><li>a</li><li>&#60;b&#62;</li></ul><br>7');
});

it('no text adds a tag or ends an attribute', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', 'b', '/', '=') }), (text) => {
      expect(markup`<p class="${text}">${text}</p>`.html.replace(/[^<>"]/g, '')).toBe('<"">' + '<>');
    }),
  );
});
