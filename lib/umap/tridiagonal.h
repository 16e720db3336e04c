/*
 * Eigenvalues and eigenvectors of a small symmetric tridiagonal matrix.
 */
#ifndef ROTPIPE_UMAP_TRIDIAGONAL_H
#define ROTPIPE_UMAP_TRIDIAGONAL_H

/*
 * diagonal [n] becomes the eigenvalues, in no order; beside [n], of which the first n - 1 are the
 * numbers beside the diagonal, is used up; vectors [n][n]: column k belongs to eigenvalue k. By QR
 * steps with Wilkinson's shifts (Golub and Van Loan, "Matrix Computations", section 8.3).
 */
void tridiagonal_solve(int n, double *diagonal, double *beside, double *vectors);

#endif
