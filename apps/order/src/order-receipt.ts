import { ApiProperty } from '@nestjs/swagger';

/** What an accepted order is answered with. */
export class OrderReceipt {
  @ApiProperty({ description: 'The id of the orderPlaced event; every event of this shipment has it as its key.' })
  readonly shipment: string;

  @ApiProperty({ description: 'Where the event stands in its stream.', example: '1767225600000-0' })
  readonly position: string;

  constructor(shipment: string, position: string) {
    this.shipment = shipment;
    this.position = position;
  }
}
