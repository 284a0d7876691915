import type { PartitionAssigner } from 'kafkajs';

/**
 * Lets the consumer of an assigner end at any time. When the brokers of a cluster change in the moment in which a consumer
 * ends, kafkajs 2 starts to fetch anew, and its loop then never lets anything else in the process have a turn. Without a
 * broker to fetch from it gives up instead; the assigner is where the list of brokers can be reached.
 */
export function untilOver(assigner: PartitionAssigner, isOver: () => boolean): PartitionAssigner {
  return (config) => {
    const { cluster } = config;
    const nodeIds = cluster.getNodeIds.bind(cluster);
    cluster.getNodeIds = () => (isOver() ? [] : nodeIds());
    return assigner(config);
  };
}
