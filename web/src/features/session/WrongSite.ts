/** This page was opened under another name than the shop's own, for example localhost in place of 127.0.0.1. */
export class WrongSite extends Error {
  constructor(readonly origin: string) {
    super(origin);
    this.name = 'WrongSite';
  }
}
