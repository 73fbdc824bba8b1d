/** One element of `/.auth/me`: what is known of the user at one provider, and the tokens that the server shows. */
export interface Entry {
  readonly access_token?: string;
  /** Of OAuth 1.0a. */
  readonly access_token_secret?: string;
  /** When the access token expires, in ISO 8601 UTC; absent where the provider does not say. */
  readonly expires_on?: string;
  readonly id_token?: string;
  readonly provider_name: string;
  readonly refresh_state: {
    readonly issued_on: string;
    /** When the server renews the tokens by itself, or tries again. */
    readonly due_on?: string;
    /** Failed tries in a row. */
    readonly failures: number;
    /** Set once the provider has refused for good: only a new sign-in helps. */
    readonly refused?: { readonly on: string; readonly reason: string };
    /** The last refreshes, oldest first. */
    readonly history: readonly { readonly on: string; readonly by: string }[];
  };
  readonly refresh_token?: string;
  /** Whether the tokens can be renewed without the user. */
  readonly refreshable: boolean;
  readonly user_claims: readonly { readonly typ: string; readonly val: string }[];
  readonly user_id: string;
}
