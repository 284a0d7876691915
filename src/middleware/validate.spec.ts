import * as classValidator from 'class-validator';
import { IsEmail, IsInt, IsOptional, Min, ValidateNested } from 'class-validator';
import { describe, expect, it, vi } from 'vitest';
import {
  ContractEvent,
  describeContract,
  ERASED,
  Erased,
  EventsContract,
  Field,
  Personal,
  upcast,
  type ConsumeContext,
  type ContractClass,
  type MiddlewareContext,
} from '../core/index.js';
import { validate } from './validate.js';

class Address {
  @Min(1)
  zip!: number;
}

class User {
  @IsEmail()
  email!: string;

  @IsOptional()
  @ValidateNested()
  address?: Address;
}

class Item {
  @IsInt()
  count!: number;
}

class Note {
  text!: string;
}

@EventsContract('validated')
class Orders {
  @ContractEvent()
  placed(user: User, note: Note, time: Date) {
    return { user, note, time };
  }

  @ContractEvent()
  filled(@Field({ type: () => [Item] }) items: Item[]) {
    return { items };
  }

  @ContractEvent()
  noted(note: Note, text: string) {
    return { note, text };
  }
}

function contextOf(stage: MiddlewareContext['stage'], method: string, args: unknown[], cls: ContractClass = Orders) {
  return { stage, event: describeContract(cls).byMethod.get(method), args } as unknown as ConsumeContext;
}

async function outcome(stage: MiddlewareContext['stage'], method: string, args: unknown[]) {
  let passed = 0;
  const context = contextOf(stage, method, args);
  const next = () => Promise.resolve(void (passed += 1));
  const error = await validate(classValidator)(context, next).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  return { passed, error, args: context.args };
}

const good = { email: 'ada@example.org' };
const user = (from: object) => Object.assign(new User(), from);

describe.each(['produce', 'consume'] as const)('validation of arguments on the way: %s', (stage) => {
  it('lets good ones pass once', async () => {
    expect(await outcome(stage, 'placed', [user(good), {}, new Date()])).toMatchObject({ passed: 1, error: undefined });
  });

  it('refuses a bad one with path and constraint, and never its value', async () => {
    const { passed, error } = await outcome(stage, 'placed', [user({ email: 'secret-value' }), {}, new Date()]);
    expect(passed).toBe(0);
    expect(error).toMatchObject({ code: 'EB_VALIDATION', details: { path: 'user.email', constraint: 'isEmail' } });
    expect((error as Error).message).toContain('user.email (isEmail)');
    expect(JSON.stringify([error, (error as Error).message])).not.toContain('secret-value');
  });

  it('looks into nested objects', async () => {
    const bad = user({ ...good, address: Object.assign(new Address(), { zip: 0 }) });
    const { error } = await outcome(stage, 'placed', [bad, {}, new Date()]);
    expect(error).toMatchObject({ details: { path: 'user.address.zip', constraint: 'min' } });
  });

  it('checks every element of an array and tells which one failed', async () => {
    const items = [{ count: 1 }, { count: 1.5 }].map((from) => Object.assign(new Item(), from));
    const { error } = await outcome(stage, 'filled', [items]);
    expect(error).toMatchObject({ details: { path: 'items[1].count', constraint: 'isInt' } });
  });

  it('lists every failure', async () => {
    const bad = user({ email: 'x', address: Object.assign(new Address(), { zip: -1 }) });
    const { error } = await outcome(stage, 'placed', [bad, {}, new Date()]);
    expect(error).toMatchObject({
      details: {
        failures: [
          { path: 'user.email', constraint: 'isEmail' },
          { path: 'user.address.zip', constraint: 'min' },
        ],
      },
    });
  });

  it('has nothing to say about absent arguments', async () => {
    expect(await outcome(stage, 'placed', [undefined, null, undefined])).toMatchObject({ passed: 1 });
  });

  it('costs nothing where no argument has a check: it returns what next returns and does not touch the arguments', () => {
    const context = contextOf(stage, 'noted', []);
    Object.defineProperty(context, 'args', {
      get: () => {
        throw new Error('decoded for nothing');
      },
    });
    const returned = Promise.resolve();
    expect(validate(classValidator)(context, () => returned)).toBe(returned);
  });

  it('asks for the checks of a class once for each event', async () => {
    const storage = vi.fn(classValidator.getMetadataStorage);
    const middleware = validate({ validate: classValidator.validate, getMetadataStorage: storage });
    const next = () => Promise.resolve();
    await middleware(contextOf(stage, 'placed', [user(good)]), next);
    await middleware(contextOf(stage, 'placed', [user(good)]), next);
    expect(storage).toHaveBeenCalledTimes(1);
  });
});

describe('validation before an event is stored', () => {
  it('checks a plain literal as an instance of its class, nested ones too', async () => {
    const { error } = await outcome('produce', 'placed', [{ ...good, address: { zip: 0 } }, {}, new Date()]);
    expect(error).toMatchObject({ details: { path: 'user.address.zip', constraint: 'min' } });
  });

  it('checks a literal inside an instance', async () => {
    const { error } = await outcome('produce', 'placed', [user({ ...good, address: { zip: 0 } }), {}, new Date()]);
    expect(error).toMatchObject({ details: { path: 'user.address.zip' } });
  });

  it('stores what it was given, not what it checked', async () => {
    const literal = { ...good, extra: true };
    const { args } = await outcome('produce', 'placed', [literal, {}, new Date()]);
    expect(args[0]).toBe(literal);
    expect(Object.getPrototypeOf(args[0])).toBe(Object.prototype);
  });

  it('names the place of a value that cannot be of its declared type', async () => {
    const { error } = await outcome('produce', 'placed', [{ email: 5 }, {}, new Date()]);
    expect(error).toMatchObject({ code: 'EB_VALIDATION', details: { path: 'user.email', constraint: 'string' } });
  });
});

describe('what was erased', () => {
  @EventsContract('erasable')
  class Erasable {
    @ContractEvent()
    placed(@Personal({ erasable: true }) @Field({ type: () => User }) user: User | Erased, note: Note) {
      return { user, note };
    }

    @ContractEvent({ version: 2, upcast: [upcast(1, 2, {})] })
    sent(user: User) {
      return { user };
    }

    @ContractEvent()
    moved(
      @Field({
        segments: {
          split: (user: User) => ({ contact: { email: user.email } }),
          join: ({ contact }) => ({ email: contact?.email ?? '' }),
        },
      })
      user: User,
    ) {
      return { user };
    }
  }

  const checked = (method: string, args: unknown[], erased: readonly string[] = [], type = `${method}.v1`) => {
    const context = Object.assign(contextOf('consume', method, args, Erasable), { erased, type });
    return validate(classValidator)(context, () => Promise.resolve());
  };

  it('passes, in place of an argument or of a part of one', async () => {
    await expect(checked('placed', [ERASED, {}])).resolves.toBeUndefined();
    await expect(
      checked('moved', [Object.assign(new User(), { email: '' })], ['user.contact']),
    ).resolves.toBeUndefined();
  });

  it('passes in an event of an older version, whatever was made of what is left', async () => {
    const wrong = Object.assign(new User(), { email: '' });
    await expect(checked('sent', [wrong], ['buyer.contact'], 'sent.v1')).resolves.toBeUndefined();
  });

  it('is not what is merely wrong', async () => {
    const wrong = Object.assign(new User(), { email: '' });
    await expect(checked('placed', [wrong, {}], ['note'])).rejects.toMatchObject({ code: 'EB_VALIDATION' });
    await expect(checked('moved', [wrong], ['note'])).rejects.toMatchObject({ code: 'EB_VALIDATION' });
    await expect(checked('sent', [wrong], ['buyer.contact'], 'sent.v2')).rejects.toMatchObject({
      code: 'EB_VALIDATION',
    });
    await expect(checked('sent', [wrong], [], 'sent.v1')).rejects.toMatchObject({ code: 'EB_VALIDATION' });
  });
});
