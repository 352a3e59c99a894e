"""Two years of real BTC and ETH marks and funding rates, traded by generated accounts."""
