import type { Account } from 'oidc-provider';

/** A person of the demo. The address is also what the sign-in page and `login_hint` know the person by. */
export interface DemoAccount {
  sub: string;
  name: string;
  given_name: string;
  family_name: string;
  email: string;
  email_verified: boolean;
  groups: string[];
}

/**
 * Three invented people under a domain reserved for examples (RFC 2606). They differ where applications trip: group
 * membership from many to none, an address that nobody verified, and a name outside ASCII.
 */
export const demoAccounts: readonly DemoAccount[] = [
  {
    sub: 'demo-1001',
    name: 'Ada Example',
    given_name: 'Ada',
    family_name: 'Example',
    email: 'ada@example.com',
    email_verified: true,
    groups: ['administrators', 'staff'],
  },
  {
    sub: 'demo-1002',
    name: 'Bo Sample',
    given_name: 'Bo',
    family_name: 'Sample',
    email: 'bo@example.com',
    email_verified: true,
    groups: ['staff'],
  },
  {
    sub: 'demo-1003',
    name: 'Zoë Demó',
    given_name: 'Zoë',
    family_name: 'Demó',
    email: 'zoe@example.com',
    email_verified: false,
    groups: [],
  },
];

/** Which claims a scope releases; the provider lists them in its discovery document. */
export const claimsOfScope = {
  openid: ['sub'],
  profile: ['name', 'given_name', 'family_name', 'groups'],
  email: ['email', 'email_verified'],
};

/** The account with this subject or email address; addresses are compared without regard to case. */
export function findDemoAccount(key: string): DemoAccount | undefined {
  return demoAccounts.find(({ sub, email }) => sub === key || email === key.toLowerCase());
}

/** The account in the shape oidc-provider asks for, which itself keeps to the claims that the scope releases. */
export function oidcAccount(sub: string): Account | undefined {
  const account = demoAccounts.find((candidate) => candidate.sub === sub);
  return account && { accountId: account.sub, claims: () => ({ ...account }) };
}
