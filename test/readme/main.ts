import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { OrderService } from './order.service.js';

const app = await NestFactory.createApplicationContext(AppModule);
app.enableShutdownHooks();

const receipt = await app
  .get(OrderService)
  .place({ id: 1, email: 'ada@example.com' }, { id: 7, name: 'Camera', price: 2000 });
console.log(`stored as ${receipt.id} at ${receipt.position.id}`);
