import { Module } from '@nestjs/common';
import { VersionCommand } from '#cli-kit';
import { InitCommand } from './init.command.js';
import { SubscriptionCommand } from './subscription.command.js';
import { UsersModel } from './users-model.js';
import { UsersProjectorCommand } from './users-projector.command.js';

/** Reads the write model and keeps the read model. */
@Module({ providers: [UsersModel, UsersProjectorCommand, InitCommand, SubscriptionCommand, VersionCommand] })
export class UsersProjectorModule {}
