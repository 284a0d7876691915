import { Body, Controller, Get, HttpCode, Logger, Post, Redirect } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBadRequestResponse,
  ApiExcludeEndpoint,
  ApiOperation,
  ApiServiceUnavailableResponse,
} from '@nestjs/swagger';
import { InjectProducer, type Producer } from 'nest-event-backbone';
import { Product, ShipmentTracking, User } from '#contracts';
import { OrderReceipt } from './order-receipt.js';
import { OrderRequest } from './order-request.js';

/** Turns an order into the first event of a shipment. */
@Controller()
export class OrderController {
  readonly #logger = new Logger('order');

  constructor(@InjectProducer(ShipmentTracking) private readonly shipments: Producer<ShipmentTracking>) {}

  @Get()
  @Redirect('/api')
  @ApiExcludeEndpoint()
  home(): void {
    // The OpenAPI page is the only one there is.
  }

  @Post('orders')
  @HttpCode(202)
  @ApiOperation({ summary: 'Place an order' })
  @ApiAcceptedResponse({ type: OrderReceipt, description: 'The event is stored.' })
  @ApiBadRequestResponse({ description: 'The order is not valid; nothing is stored.' })
  @ApiServiceUnavailableResponse({ description: 'The channel did not confirm that the event is stored.' })
  async place(@Body() { user, product }: OrderRequest): Promise<OrderReceipt> {
    const { id, position } = await this.shipments.orderPlaced(
      new User(user.id, user.email, user.name),
      new Product(product.id, product.name, product.price),
      new Date(),
    );
    this.#logger.log(`${id.slice(0, 8)}  ${product.name} ordered`);
    return new OrderReceipt(id, position.id);
  }
}
