import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { App } from '#app-kit';
import { OrderModule } from './order.module.js';

/** The order service, with its OpenAPI page at `/api`. */
export const orderApp: App = {
  name: 'order',
  module: OrderModule,
  port: 3001,
  prepare: (nest) => {
    const about = new DocumentBuilder()
      .setTitle('Orders')
      .setDescription(
        'Each accepted order is one event, `orderPlaced`, and begins a shipment. Who ordered may be forgotten.',
      )
      .setVersion('1')
      .build();
    SwaggerModule.setup('api', nest, () => SwaggerModule.createDocument(nest, about, { include: [OrderModule] }));
  },
};
