import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { AppLogger } from './app-logger.js';

function lines(name: string | undefined, log: (logger: AppLogger) => void): readonly string[] {
  const written: string[] = [];
  log(new AppLogger(name, (line) => written.push(stripVTControlCharacters(line))));
  return written;
}

describe('the log of an app', () => {
  it('begins each line with the name of the app, whoever in it speaks', () => {
    const written = lines('order', (logger) => {
      logger.log('placed', 'order');
      logger.log('ready', 'EventBackbone');
      logger.warn('two\nlines', 'elsewhere');
    });
    expect(written).toEqual(['order    placed', 'order    ready', 'order    two', 'order    lines']);
  });

  it('begins each line with whoever speaks when several apps share it', () => {
    const written = lines(undefined, (logger) => {
      logger.log('placed', 'order');
      logger.log('ready', 'EventBackbone');
      logger.warn('no one said who');
    });
    expect(written).toEqual(['order    placed', 'backbone ready', 'app      no one said who']);
  });

  it('leaves out what Nest says while it starts, and nothing that went wrong', () => {
    const written = lines('order', (logger) => {
      logger.log('AppModule dependencies initialized', 'InstanceLoader');
      logger.error('it broke', 'at the stack', 'InstanceLoader');
    });
    expect(written).toEqual(['order    it broke', 'order    at the stack']);
  });
});
