import { Controller, Delete, Get, NotImplementedException, Param } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiNotImplementedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiServiceUnavailableResponse,
} from '@nestjs/swagger';
import { Privacy, type PersonalEvent } from 'nest-event-backbone';
import { customerOf } from '#contracts';
import { ErasedData } from './erased-data.js';
import { Person } from './person.js';

/** Shows and erases what events hold about a person. A real service asks first who wants that; this one does not. */
@Controller('people/:email/data')
@ApiBadRequestResponse({ description: 'This is no e-mail address.' })
@ApiNotImplementedResponse({ description: 'The service runs without PRIVACY_SECRET.' })
@ApiServiceUnavailableResponse({ description: 'The channel, or the store of the keys, is away; ask again.' })
export class PeopleController {
  constructor(private readonly privacy: Privacy) {}

  @Get()
  @ApiOperation({ summary: 'Show what is stored about a person' })
  @ApiOkResponse({ description: 'The events that hold data of the person, with this data; none for who is unknown.' })
  export(@Param() { email }: Person): Promise<readonly PersonalEvent[]> {
    return this.#checked().export(customerOf(email));
  }

  @Delete()
  @ApiOperation({ summary: 'Forget a person', description: 'Erases the data, and tells every service to forget it.' })
  @ApiOkResponse({ type: ErasedData, description: 'It is erased; all zeros when there was nothing.' })
  forget(@Param() { email }: Person): Promise<ErasedData> {
    return this.#checked().erase(customerOf(email));
  }

  #checked(): Privacy {
    if (this.privacy.isSetUp) return this.privacy;
    throw new NotImplementedException(
      'nobody knows which events are about whom: start the services with PRIVACY_SECRET',
    );
  }
}
