import kafkajs, { type Cluster, type Logger } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { untilOver } from './until-over.js';

describe('the assigner of a consumer that may end at any time', () => {
  it('lets it know of brokers until it is over', () => {
    let isOver = false;
    const cluster = { getNodeIds: () => [1, 2] } as Cluster;
    untilOver(kafkajs.PartitionAssigners.roundRobin, () => isOver)({ cluster, groupId: 'group', logger: {} as Logger });
    expect(cluster.getNodeIds()).toEqual([1, 2]);
    isOver = true;
    expect(cluster.getNodeIds()).toEqual([]);
  });
});
