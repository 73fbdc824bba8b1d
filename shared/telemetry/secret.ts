import { inspect } from 'node:util';

/**
 * A value that must never be printed. Only `reveal()` gives it out; string conversion, JSON, `console.log` and
 * `util.inspect` show its kind in brackets instead.
 */
export class Secret<Kind extends string = string> {
  readonly kind: Kind;
  readonly #value: string;

  constructor(kind: Kind, value: string) {
    this.kind = kind;
    this.#value = value;
  }

  /** The value itself. Call it only where the value leaves for its one destination. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return `[${this.kind}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

export type AccessToken = Secret<'access_token'>;
export type RefreshToken = Secret<'refresh_token'>;
export type IdToken = Secret<'id_token'>;
/** The secret half of an OAuth 1.0a access token. */
export type TokenSecret = Secret<'access_token_secret'>;
/** The secret half of OAuth 1.0a temporary credentials. */
export type RequestTokenSecret = Secret<'request_token_secret'>;
export type AuthorizationCode = Secret<'authorization_code'>;
/** PEM text. */
export type PrivateKey = Secret<'private_key'>;
export type ClientSecret = Secret<'client_secret'>;
export type SasUrl = Secret<'sas_url'>;
export type SigningKey = Secret<'signing_key'>;
/** By which a proxy shows that it may have every token. */
export type ProxyKey = Secret<'proxy_key'>;
export type ConnectionString = Secret<'connection_string'>;
/** The compact JWT that a client carries. */
export type SessionToken = Secret<'session_token'>;
