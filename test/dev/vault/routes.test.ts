import { describe, expect, test } from 'vitest';
import { callOf } from '../../../dev/vault/routes.ts';

const version = '0123456789abcdef0123456789abcdef';

describe('callOf', () => {
  test.each([
    ['GET', '/keys/one', 'getKey', undefined],
    ['GET', '/keys/one/', 'getKey', undefined],
    ['GET', `/keys/one/${version}`, 'getKey', version],
    ['GET', '//keys/one', 'getKey', undefined],
    ['GET', '/keys/one/versions', 'getKeyVersions', undefined],
    ['PUT', '/keys/one', 'importKey', undefined],
    ['POST', '/keys/one/create', 'createKey', undefined],
    ['POST', '/keys/one/rotate', 'rotateKey', undefined],
    ['PATCH', '/keys/one/', 'updateKey', undefined],
    ['PATCH', `/keys/one/${version}`, 'updateKey', version],
    ['DELETE', '/keys/one', 'deleteKey', undefined],
    ['GET', '/deletedkeys/one', 'getDeletedKey', undefined],
    ['POST', '/deletedkeys/one/recover', 'recoverDeletedKey', undefined],
    ['POST', `/keys/one/${version}/wrapkey`, 'wrapKey', version],
    ['POST', `/keys/one/${version}/wrapKey`, 'wrapKey', version],
    ['POST', '/keys/one//unwrapkey', 'unwrapKey', undefined],
    ['POST', `/keys/one/${version}/encrypt`, 'encrypt', version],
    ['POST', `/keys/one/${version}/decrypt`, 'decrypt', version],
    ['POST', `/keys/one/${version}/sign`, 'sign', version],
    ['POST', `/keys/one/${version}/verify`, 'verify', version],
  ])('reads %s %s as %s', (method, path, operation, expected) => {
    expect(callOf(method, path)).toEqual({ operation, name: 'one', version: expected });
  });

  test.each([
    ['GET', '/'],
    ['GET', '/keys'],
    ['GET', '/secrets/one'],
    ['POST', '/keys/one'],
    ['POST', '/keys/one/backup'],
    ['POST', '/keys/one/constructor'],
    ['POST', `/keys/one/${version}/toString`],
    ['GET', `/keys/one/${version}/sign`],
    ['DELETE', `/keys/one/${version}`],
    ['POST', `/keys/one/${version}/sign/more`],
    ['DELETE', '/deletedkeys/one'],
    ['POST', '/deletedkeys/one/recover/more'],
  ])('does not know %s %s', (method, path) => {
    expect(callOf(method, path)).toBeUndefined();
  });

  test.each(['under_score', '..', '%2e%2e', 'a b', 'x'.repeat(128)])('refuses the name %s', (name) => {
    expect(() => callOf('GET', `/keys/${name}`)).toThrow('invalid name');
  });
});
