import { ApplicationConfig, ExternalContextCreator, NestContainer } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { withoutGlobalEnhancers } from './without-global-enhancers.js';

class Instance {
  handle(): string {
    return 'handled';
  }
}

function callWith(change: (creator: ExternalContextCreator) => ExternalContextCreator): Promise<unknown> {
  const config = new ApplicationConfig();
  config.addGlobalGuard({ canActivate: () => false });
  const creator = change(ExternalContextCreator.fromContainer(new NestContainer(config)));
  return creator.create(new Instance(), () => 'handled', 'handle')() as Promise<unknown>;
}

describe('a context creator without global enhancers', () => {
  it('runs no global guard, which an ordinary one does run', async () => {
    await expect(callWith((creator) => creator)).rejects.toThrow('Forbidden');
    await expect(callWith(withoutGlobalEnhancers)).resolves.toBe('handled');
  });

  it('leaves the original as it is', async () => {
    await expect(
      callWith((creator) => {
        withoutGlobalEnhancers(creator);
        return creator;
      }),
    ).rejects.toThrow('Forbidden');
  });

  it('is refused where Nest is made differently, before a guard can run by mistake', () => {
    const creator = ExternalContextCreator.fromContainer(new NestContainer(new ApplicationConfig()));
    Reflect.deleteProperty(creator, 'guardsContextCreator');
    expect(() => withoutGlobalEnhancers(creator)).toThrow(/^EB_UNSUPPORTED: this version of @nestjs\/core/);
  });
});
