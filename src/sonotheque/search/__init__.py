"""Search: a plan is read from a query, evidence is retrieved per clause, aligned in time, fused and explained."""
