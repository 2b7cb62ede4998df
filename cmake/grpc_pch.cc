// Carries the precompiled gRPC headers; holds nothing itself.
