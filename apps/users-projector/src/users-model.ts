import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { postgresChannel, postgresReadModel } from 'nest-event-backbone/postgres';
import { PROJECTION_DIAGNOSTICS, ProjectionRunner, type ProjectionDiagnostic } from 'nest-event-backbone/projections';
import { databaseUrl } from '#cli-kit';
import { usersProjection } from './users.projection.js';

/** The read model of users, and what keeps it up to date with the write model. Connects on first use. */
@Injectable()
export class UsersModel implements OnApplicationShutdown {
  readonly #channel = postgresChannel({
    url: databaseUrl('WRITE_MODEL_URL', 'postgres://postgres:postgres@127.0.0.1:5432/write_model'),
  });
  readonly #model = postgresReadModel({
    url: databaseUrl('READ_MODEL_URL', 'postgres://postgres:postgres@127.0.0.1:5433/read_model'),
  });
  readonly runner = new ProjectionRunner({ projection: usersProjection, channel: this.#channel, model: this.#model });

  /** Tells the listener what happens to the projection, until the returned function is called. */
  listen(listener: (event: ProjectionDiagnostic) => void): () => void {
    const own = (message: unknown): void => {
      const event = message as ProjectionDiagnostic;
      if (event.channel === this.#channel) listener(event);
    };
    subscribe(PROJECTION_DIAGNOSTICS, own);
    return () => void unsubscribe(PROJECTION_DIAGNOSTICS, own);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.#channel.close(), this.#model.close()]);
  }
}
