import 'reflect-metadata';
import type { ModuleRef } from '@nestjs/core';
import type { ContractClass, Middleware, ReadModel } from '../core/index.js';
import type { ProjectionSettings } from '../projections/index.js';

/** What a projection may be told. */
export interface ProjectionOptions extends ProjectionSettings {
  /** The contract whose stream it reads. */
  readonly contract: ContractClass;
  /** Where its model is, or a function that gets it from the container; that of `ProjectionModule` when absent. */
  readonly model?: ReadModel | ((moduleRef: ModuleRef) => ReadModel | Promise<ReadModel>);
  /** Changes when tables or handlers change so that the model must be made anew. Default 1. */
  readonly version?: number;
  /** Which connection its events come from; the main one when absent. */
  readonly connection?: string;
  /** Around each event. The connection's own middleware is left out: what skips repeated events would break a rebuild. */
  readonly middleware?: readonly Middleware[];
}

/** What `@Projection` was told about a class. */
export interface ProjectionDeclaration extends ProjectionOptions {
  readonly name: string;
}

/** What `@Project` was told about a method. */
export interface ProjectDeclaration {
  readonly contract: ContractClass;
  readonly event: string | ((events: never) => unknown);
}

/** Leaves with a class that it is a projection. */
export function declareProjection(cls: object, declaration: ProjectionDeclaration): void {
  Reflect.defineMetadata(PROJECTION, declaration, cls);
}

/** Returns what a class was declared to be; `undefined` for one that is no projection. */
export function declaredProjection(cls: object): ProjectionDeclaration | undefined {
  return Reflect.getOwnMetadata(PROJECTION, cls) as ProjectionDeclaration | undefined;
}

/** Leaves a declaration with a method, beside those that are there. */
export function declareProject(prototype: object, method: string, declaration: ProjectDeclaration): void {
  Reflect.defineMetadata(PROJECT, [declaration, ...declaredProjects(prototype, method)], prototype, method);
}

/** Returns what a method was declared to project. */
export function declaredProjects(prototype: object, method: string): readonly ProjectDeclaration[] {
  return (Reflect.getMetadata(PROJECT, prototype, method) ?? []) as readonly ProjectDeclaration[];
}

const PROJECTION = 'nest-event-backbone:projection';
const PROJECT = 'nest-event-backbone:project';
