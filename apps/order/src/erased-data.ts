import { ApiProperty } from '@nestjs/swagger';
import type { ErasureReport } from 'nest-event-backbone';

/** What was erased of a person. */
export class ErasedData implements ErasureReport {
  @ApiProperty({ description: 'How many events held data of the person.', example: 4 })
  readonly events!: number;

  @ApiProperty({ description: 'How many of their fields were erased.', example: 4 })
  readonly fields!: number;

  @ApiProperty({
    description: 'How many keys: what was encrypted under them cannot be read again anywhere.',
    example: 1,
  })
  readonly keys!: number;

  @ApiProperty({ description: 'How many `$erased` events tell the other services.', example: 1 })
  readonly announced!: number;
}
