import { Controller, Get, Injectable, UseInterceptors } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { ResolveField, Resolver } from '@nestjs/graphql';
import { Cron } from '@nestjs/schedule';
import { LockInterceptor, LockUsageError, UseLock } from 'nestjs-locked';
import { boot, foreign } from './support.js';

class Scheduled {
  @Cron('0 0 1 1 *')
  @UseLock(() => 'a')
  work(): void {
    throw new Error('It ran unlocked.');
  }
}

class Listens {
  @UseLock(() => 'a')
  @OnEvent('a')
  work(): void {
    throw new Error('It ran unlocked.');
  }
}

@Resolver('A')
class Field {
  @UseLock(() => 'a')
  @ResolveField()
  work(): string {
    throw new Error('It ran unlocked.');
  }
}

class Plain {
  @UseInterceptors(LockInterceptor)
  @UseLock(() => 'a')
  work(): void {
    throw new Error('It ran unlocked.');
  }
}

@UseLock(() => 'a')
class ScheduledByClass {
  @Cron('0 0 1 1 *')
  work(): void {
    throw new Error('It ran unlocked.');
  }
}

@Controller()
class Replaced {
  @Get()
  @foreign
  @UseLock(() => 'a')
  work(): void {
    throw new Error('It ran unlocked.');
  }
}

describe('@UseLock refuses at boot what would run unlocked', () => {
  it.each([
    [Scheduled, /it is scheduled, which is called without interceptors. Use @Locked/],
    [Listens, /it is an @OnEvent listener/],
    [Field, /it is a GraphQL field resolver/],
    [Plain, /it is no handler/],
    [ScheduledByClass, /it is scheduled/],
    [Replaced, /a decorator above it has put another function in its place/],
  ])('%p', async (type, message) => {
    Injectable()(type);
    const booted = boot({ providers: [type] });
    await expect(booted).rejects.toThrow(LockUsageError);
    await expect(booted).rejects.toThrow(message);
  });
});
