import { Inject } from '@nestjs/common';
import { getPrivacyToken } from './tokens.js';

/** Injects the `Privacy` of a connection; of the only one, its class is enough. */
export function InjectPrivacy(connection?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getPrivacyToken(connection));
}
