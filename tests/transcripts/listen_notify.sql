-- SPDX-License-Identifier: Apache-2.0
LISTEN news; NOTIFY other; UNLISTEN news; UNLISTEN *; SELECT count(*) FROM pg_listening_channels(); NOTIFY news, 'nobody hears'; SELECT pg_notify('', 'x');
