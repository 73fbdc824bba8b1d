/**
 * What a browser or program calls itself, in a few words that its user knows: "Chrome on Windows", "Safari on iPhone",
 * "curl", "unknown app". All words are from the tables below, because the whole of a `User-Agent` tells a browser from
 * most others (https://www.rfc-editor.org/rfc/rfc9110#section-17.13), and anything can be written into it.
 */
export function deviceOf(userAgent: string | null): string {
  const text = userAgent?.slice(0, longest) ?? '';
  const name = (table: Names) => table.find(([pattern]) => pattern.test(text))?.[1];
  if (!text.startsWith('Mozilla/')) return name(programs) ?? 'unknown app';
  const [browser, system] = [name(browsers), name(systems)];
  if (browser === undefined && system === undefined) return 'unknown app';
  return system === undefined ? `${browser}` : `${browser ?? 'an app'} on ${system}`;
}

/** Real ones have some 60 to 300 characters. */
const longest = 1_000;

type Names = readonly (readonly [pattern: RegExp, name: string])[];

/** Most name their ancestors and imitations too, so the more particular ones stand first. */
const browsers: Names = [
  [/\b(Edg|EdgA|EdgiOS|Edge)\//, 'Edge'],
  [/\b(OPR|OPT|OPiOS)\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\bYaBrowser\//, 'Yandex Browser'],
  [/\bDuckDuckGo\//, 'DuckDuckGo'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/PowerShell\//, 'PowerShell'],
  [/; wv\)/, 'an app'],
  [/\bHeadlessChrome\//, 'Chrome without a screen'],
  [/\b(Chrome|CriOS)\//, 'Chrome'],
  [/\bVersion\/\S+ .*\bSafari\//, 'Safari'],
  [/\bTrident\//, 'Internet Explorer'],
];

/** Android names Linux, and iPhones name Mac OS. An iPad that asks for desktop pages calls itself a Mac. */
const systems: Names = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMacintosh\b/, 'Mac'],
  [/\bLinux\b/, 'Linux'],
];

const programs: Names = [
  [/^curl\//, 'curl'],
  [/^Wget\//, 'Wget'],
  [/^PostmanRuntime\//, 'Postman'],
  [/\bCFNetwork\//, 'an app of Apple’s systems'],
  [/^(okhttp|Dalvik)\//, 'an app on Android'],
  [/^Dart\//, 'a Flutter app'],
  [/^(python-requests|python-httpx|Python-urllib|Python)\//, 'a Python program'],
  [/^Go-http-client\//, 'a Go program'],
  [/^(node|undici|axios|node-fetch)\b/, 'a Node.js program'],
  [/^(Java|Apache-HttpClient|Java-http-client)\//, 'a Java program'],
];
