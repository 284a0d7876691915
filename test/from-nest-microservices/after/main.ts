import { NestFactory } from '@nestjs/core';
import { ShopModule } from './shop.module.js';

export async function main(): Promise<void> {
  const app = await NestFactory.create(ShopModule);
  app.enableShutdownHooks();
  await app.listen(3000);
}
