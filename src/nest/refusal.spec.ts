import {
  BadRequestException,
  ForbiddenException,
  HttpException,
  InternalServerErrorException,
  RequestTimeoutException,
  UnauthorizedException,
  UnprocessableEntityException,
} from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { NonRetryableError } from '../core/index.js';
import { refusal } from './refusal.js';

describe('what is thrown before a handler begins', () => {
  it.each([new ForbiddenException(), new UnauthorizedException(), new HttpException('gone', 410)])(
    'is final where a guard says no: %s',
    (error) => {
      const made = refusal('Service.pack', error);
      expect(made).toBeInstanceOf(NonRetryableError);
      expect(made).toMatchObject({ cause: error, message: `Service.pack: a guard denied the event: ${error.message}` });
    },
  );

  it.each([new BadRequestException(['email: secret is no email']), new UnprocessableEntityException()])(
    'is an invalid event where a pipe says no, and tells no value: %s',
    (error) => {
      const made = refusal('Service.pack', error);
      expect(made).toMatchObject({ code: 'EB_VALIDATION', cause: error });
      expect((made as Error).message).not.toContain('secret');
    },
  );

  it.each([
    new Error('the directory is away'),
    new InternalServerErrorException(),
    new RequestTimeoutException(),
    new HttpException('slow down', 429),
    'text',
    undefined,
  ])('stays as it is where a later try may do better: %s', (error) => {
    expect(refusal('Service.pack', error)).toBe(error);
  });
});
