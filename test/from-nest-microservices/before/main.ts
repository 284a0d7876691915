import { NestFactory } from '@nestjs/core';
import { Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { ShopModule } from './shop.module.js';

export async function main(): Promise<void> {
  const app = await NestFactory.create(ShopModule);
  app.connectMicroservice<MicroserviceOptions>({
    transport: Transport.KAFKA,
    options: { client: { brokers: ['localhost:9092'] }, consumer: { groupId: 'stock' } },
  });
  app.enableShutdownHooks();
  await app.startAllMicroservices();
  await app.listen(3000);
}
