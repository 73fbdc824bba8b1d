/**
 * A refusal in Key Vault's words. The codes and messages are those that the service is seen to send; the statuses are
 * explained at https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
 */
export class KeyVaultError extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly #code: string;
  readonly #innerCode: string | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    extra: { innerCode?: string; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.status = status;
    this.headers = extra.headers ?? {};
    this.#code = code;
    this.#innerCode = extra.innerCode;
  }

  /** The body of the reply: `{ error: { code, message, innererror?: { code } } }`. */
  body(): object {
    const inner = this.#innerCode === undefined ? {} : { innererror: { code: this.#innerCode } };
    return { error: { code: this.#code, message: this.message, ...inner } };
  }
}

export const badParameter = (message: string) => new KeyVaultError(400, 'BadParameter', message);

export const keyNotFound = (identifier: string) =>
  new KeyVaultError(
    404,
    'KeyNotFound',
    `A key with (name/id) ${identifier} was not found in this key vault. If you recently deleted this key you may be ` +
      'able to recover it using the correct recovery command.',
  );

export const deletedKeyNotFound = (name: string) =>
  new KeyVaultError(404, 'KeyNotFound', `Deleted Key not found: ${name}`);

export const keyDisabled = (operation: string) =>
  new KeyVaultError(403, 'Forbidden', `Operation ${operation} is not allowed on a disabled key.`, {
    innerCode: 'KeyDisabled',
  });

/** The service's inner code for this refusal is not known, so none is sent. */
export const keyOutsideItsDates = (operation: string) =>
  new KeyVaultError(403, 'Forbidden', `Operation ${operation} is not allowed on an expired or not yet valid key.`);

export const operationNotPermitted = (operation: string) =>
  new KeyVaultError(403, 'Forbidden', `Operation ${operation} is not permitted on this key.`, {
    innerCode: 'KeyOperationForbidden',
  });

/** @param action the data action that a role assignment would have to allow. */
export const accessRefused = (action: string) =>
  new KeyVaultError(
    403,
    'Forbidden',
    'Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role ' +
      'definitions were changed recently, please observe propagation time.\r\n' +
      `Action: '${action}'\r\nAssignment: (not found)\r\nDecisionReason: 'DeniedWithNoValidRBAC'`,
    { innerCode: 'ForbiddenByRbac' },
  );

/** @param retryAfter whole seconds until another try is worth it. */
export const throttled = (retryAfter: number) =>
  new KeyVaultError(
    429,
    'Throttled',
    'Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached',
    { headers: { 'retry-after': String(retryAfter) } },
  );

export const nameIsDeleted = (name: string) =>
  new KeyVaultError(
    409,
    'Conflict',
    `Key ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the ` +
      'key can only be recovered or purged.',
    { innerCode: 'ObjectIsDeletedButRecoverable' },
  );

/** For what the service offers and this emulator does not. Azure clients do not retry a 501. */
export const notEmulated = (what: string) =>
  new KeyVaultError(501, 'NotImplemented', `${what} is not offered by this emulator.`);
