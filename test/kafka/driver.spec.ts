import { describe } from 'vitest';
import { driverContract } from './driver-contract.js';
import { hasKafka, openDriver } from './start-driver.js';

describe.skipIf(!hasKafka)('the kafkajs driver', () => {
  driverContract(openDriver);
});
