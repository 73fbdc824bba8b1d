import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceOf } from '../../shared/sign-in/device.ts';

const webKit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const appleWebKit = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64';
const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)';
const iPhone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X)';
const android = 'Mozilla/5.0 (Linux; Android 10; K)';

const table: [device: string, userAgent: string][] = [
  ['Chrome on Windows', `${windows}) ${webKit} Chrome/142.0.0.0 Safari/537.36`],
  ['Chrome on Mac', `${mac} ${webKit} Chrome/142.0.0.0 Safari/537.36`],
  ['Chrome on Linux', `Mozilla/5.0 (X11; Linux x86_64) ${webKit} Chrome/142.0.0.0 Safari/537.36`],
  ['Chrome on ChromeOS', `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${webKit} Chrome/142.0.0.0 Safari/537.36`],
  ['Chrome on Android', `${android} ${webKit} Chrome/142.0.0.0 Mobile Safari/537.36`],
  ['Chrome on iPhone', `${iPhone} ${appleWebKit} CriOS/142.0.7444.77 Mobile/15E148 Safari/604.1`],
  [
    'Chrome without a screen on Linux',
    `Mozilla/5.0 (X11; Linux x86_64) ${webKit} HeadlessChrome/142.0.0.0 Safari/537.36`,
  ],
  ['Edge on Windows', `${windows}) ${webKit} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0`],
  ['Edge on Windows', `${windows}) ${webKit} Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763`],
  ['Edge on Android', `${android} ${webKit} Chrome/142.0.0.0 Mobile Safari/537.36 EdgA/142.0.0.0`],
  ['Edge on iPhone', `${iPhone} ${appleWebKit} Version/18.0 EdgiOS/142.0.0.0 Mobile/15E148 Safari/604.1`],
  ['Opera on Windows', `${windows}) ${webKit} Chrome/141.0.0.0 Safari/537.36 OPR/125.0.0.0`],
  ['Vivaldi on Linux', `Mozilla/5.0 (X11; Linux x86_64) ${webKit} Chrome/140.0.0.0 Safari/537.36 Vivaldi/7.6.3797.63`],
  ['Samsung Internet on Android', `${android} ${webKit} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`],
  ['Safari on Mac', `${mac} ${appleWebKit} Version/18.5 Safari/605.1.15`],
  ['Safari on iPhone', `${iPhone} ${appleWebKit} Version/18.5 Mobile/15E148 Safari/604.1`],
  [
    'Safari on iPad',
    `Mozilla/5.0 (iPad; CPU OS 12_5_7 like Mac OS X) ${appleWebKit} Version/12.1.2 Mobile/15E148 Safari/604.1`,
  ],
  ['Firefox on Windows', `${windows}; rv:145.0) Gecko/20100101 Firefox/145.0`],
  ['Firefox on Android', 'Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0'],
  ['Firefox on iPhone', `${iPhone} ${appleWebKit} FxiOS/145.0 Mobile/15E148 Safari/605.1.15`],
  ['Internet Explorer on Windows', 'Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko'],
  [
    'an app on Android',
    `Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A; wv) ${webKit} Version/4.0 Chrome/142.0.0.0 Mobile Safari/537.36`,
  ],
  ['an app on iPhone', `${iPhone} ${appleWebKit} Mobile/15E148`],
  ['curl', 'curl/8.14.1'],
  ['Wget', 'Wget/1.25.0'],
  ['Postman', 'PostmanRuntime/7.49.0'],
  ['PowerShell on Windows', 'Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.26100.1'],
  ['an app of Apple’s systems', 'Orders/12 CFNetwork/3826.500.131 Darwin/24.5.0'],
  ['an app on Android', 'okhttp/4.12.0'],
  ['a Flutter app', 'Dart/3.9 (dart:io)'],
  ['a Python program', 'python-requests/2.32.5'],
  ['a Go program', 'Go-http-client/2.0'],
  ['a Node.js program', 'node'],
  ['unknown app', 'Mozilla/5.0 (compatible)'],
  ['unknown app', 'Orders 3 of Ada Lovelace, <b>ada@example.com</b>'],
  ['unknown app', ''],
];

describe('a device in a few words', () => {
  it.each(table)('%s: %s', (device, userAgent) => {
    expect(deviceOf(userAgent)).toBe(device);
  });

  it('is an unknown app where nothing was said', () => {
    expect(deviceOf(null)).toBe('unknown app');
  });

  it('has no words but our own, whatever is written there', () => {
    const pieces = fc.constantFrom('Mozilla/', 'Chrome/', 'Safari/', ' (', 'iPhone', 'Linux', 'curl/', '<b>', '7', 'x');
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string())), (parts) => {
        expect(deviceOf(parts.join(''))).toMatch(/^(unknown app|curl|(Chrome|an app)( on (iPhone|Linux))?|Safari)$/);
      }),
    );
  });
});
