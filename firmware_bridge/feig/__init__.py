"""The host protocol of FEIG OBID i-scan readers. Pure: bytes in, bytes out."""
