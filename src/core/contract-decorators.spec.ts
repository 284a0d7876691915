import { describe, expect, it } from 'vitest';
import { ContractEvent, Field, Key, Personal } from './contract-decorators.js';

function contractError(path: string, message: RegExp): Error {
  return expect.objectContaining({
    code: 'EB_CONTRACT',
    details: { path },
    message: expect.stringMatching(message) as unknown,
  }) as Error;
}

describe('a decorator in the wrong place is refused when the class is defined:', () => {
  it('@ContractEvent on a static method', () => {
    expect(() => {
      class Static {
        @ContractEvent()
        static placed(): object {
          return {};
        }
      }
      return Static;
    }).toThrow(contractError('placed', /static or a getter/));
  });

  it('@ContractEvent on a getter', () => {
    expect(() => {
      class Getter {
        @ContractEvent()
        get placed(): object {
          return {};
        }
      }
      return Getter;
    }).toThrow(contractError('placed', /static or a getter/));
  });

  it.each([
    ['@Field', Field('user')],
    ['@Key', Key()],
    ['@Personal', Personal()],
  ])('%s on a parameter of a constructor', (_, decorator) => {
    expect(() => {
      class Constructed {
        constructor(@decorator readonly user: string) {}
      }
      return Constructed;
    }).toThrow(contractError('constructor', /belong on parameters of a contract method/));
  });

  it('@Field with a name on a property, which keeps its own', () => {
    expect(() => {
      class Renamed {
        @Field('other') declare readonly street: string;
      }
      return Renamed;
    }).toThrow(contractError('street', /keeps its own name/));
  });

  it.each([String, Number, Boolean, Date, Array, Object])(
    '@Field with the type %o itself, which would be called, instead of a function that gives it',
    (type) => {
      expect(() => Field({ type })).toThrow(
        contractError(`@Field({ type: ${type.name} })`, new RegExp(`write \\(\\) => ${type.name}`)),
      );
      expect(() => Field({ type: () => type })).not.toThrow();
    },
  );
});
