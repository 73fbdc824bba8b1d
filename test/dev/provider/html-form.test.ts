import { expect, test } from 'vitest';
import { formsOf } from '../../../dev/provider/html-form.ts';

const url = 'http://localhost:9/sign-in/page?x=1';

test('a form without an action is posted to its own page', () => {
  const [form] = formsOf('<form method="post"><button name="account" value="a@b">A</button></form>', url);
  expect(form).toEqual({
    action: url,
    method: 'post',
    fields: [],
    buttons: [{ name: 'account', value: 'a@b' }],
    submitsItself: false,
  });
});

test('fields, buttons and addresses are decoded', () => {
  const body = `<FORM METHOD='POST' ACTION="/next?a=1&amp;b=2">
    <input type="hidden" name="state" value="&quot;&lt;&#39;&#x26;&#60;/script>"/>
    <input name='empty'><input type="submit" name="go" value="Go">
    <input type="hidden" value="a field without a name">
  </FORM>`;
  expect(formsOf(body, url)).toMatchObject([
    {
      action: 'http://localhost:9/next?a=1&b=2',
      method: 'post',
      fields: [
        ['state', `"<'&</script>`],
        ['empty', ''],
      ],
      buttons: [{ name: 'go', value: 'Go' }],
    },
  ]);
});

test('controls outside a form belong to the form that they name', () => {
  const body = `<form id="one" method="post" action="/one"><input name="a" value="1"></form>
    <form action="/two"></form>
    <button form="one" name="yes" value="1">Yes</button><input form="one" name="b" value="2"><button name="stray">?</button>`;
  const [one, two] = formsOf(body, url);
  expect(one).toMatchObject({
    fields: [
      ['a', '1'],
      ['b', '2'],
    ],
    buttons: [{ name: 'yes', value: '1' }],
  });
  expect(two).toMatchObject({ action: 'http://localhost:9/two', method: 'get', fields: [], buttons: [] });
});

test.each([
  ['a script', '<form></form><script>document.forms[0].submit()</script>', true],
  ['a load handler', '<body onload="document.forms[0].submit()"><form></form>', true],
  ['another script', '<form></form><script>console.log(1)</script>', false],
  ['text alone', '<form></form><p>document.forms[0].submit()</p>', false],
])('%s: does the form send itself?', (_, body, expected) => {
  expect(formsOf(body, url).map(({ submitsItself }) => submitsItself)).toEqual([expected]);
});

test('a page without forms has none', () => {
  expect(formsOf('plain text', url)).toEqual([]);
});
