import { describe, expect, it } from 'vitest';
import { isSecureOrLoopback } from '../../shared/http/loopback.ts';

const accepts = (url: string) => isSecureOrLoopback(new URL(url));

describe('an address may be asked', () => {
  it.each([
    'https://issuer.example/',
    'https://127.0.0.1/',
    'http://localhost/',
    'http://LOCALHOST:7074/x',
    'http://app.localhost:3000/',
    'http://127.0.0.1:10000/',
    'http://127.1/',
    'http://2130706433/',
    'http://127.255.255.254/',
    'http://[::1]:8080/',
    'http://[0:0:0:0:0:0:0:1]/',
  ])('%s', (url) => {
    expect(accepts(url)).toBe(true);
  });
});

describe('an address is refused', () => {
  it.each([
    'http://issuer.example/',
    'http://localhost.evil.example/',
    'http://evil-localhost/',
    'http://localhost@evil.example/',
    'http://127.0.0.1.evil.example/',
    'http://127.evil.example/',
    'http://128.0.0.1/',
    'http://0.0.0.0/',
    'http://10.0.0.1/',
    'http://169.254.169.254/metadata',
    'http://[::]/',
    'http://[::ffff:10.0.0.1]/',
    'http://[fe80::1]/',
    'ftp://localhost/',
    'ws://localhost/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:,x',
    'blob:https://issuer.example/x',
  ])('%s', (url) => {
    expect(accepts(url)).toBe(false);
  });
});
