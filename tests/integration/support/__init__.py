# SPDX-License-Identifier: Apache-2.0
"""What the integration tests share: throwaway servers, the proxy, clients. One idea per module."""
