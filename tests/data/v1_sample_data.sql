-- Sample data for a version 1.x database (schema: v1_schema.sql). Everything is invented.
-- Password of user N is  SamplePass!NN  (bcrypt $2a$10$, as bcryptjs writes it).
-- Times are fixed (Africa/Lagos, +01) except sessions."lastActivity"/otps, which are relative to now().
-- Deliberate oddities a migration must survive are marked ODD.
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
BEGIN;

INSERT INTO public.support_teams ("id", "name", "phoneNumber", "role", "isActive", "createdAt", "updatedAt") VALUES
  (1, 'General Support', '2349000000001', 'general', true, '2025-03-03 09:00:00.000+01', '2025-03-03 09:00:00.000+01'),
  (2, 'Order Support', '2349000000002', 'orders', true, '2025-03-03 09:00:00.000+01', '2025-03-03 09:00:00.000+01'),
  (3, 'Medical Support', '2349000000003', 'medical', true, '2025-03-03 09:00:00.000+01', '2025-03-03 09:00:00.000+01'),
  (4, 'Technical Support', '2349000000004', 'technical', false, '2025-03-03 09:00:00.000+01', '2025-06-01 09:00:00.000+01');

-- ODD: phone formats are mixed (+234…, 234…, 080…, bare); users 5 and 15 share a phone; user 8 has a mixed-case e-mail; user 13 inactive; user 19 "isActive" NULL
INSERT INTO public.users ("id", "name", "email", "password", "phoneNumber", "drugsngUserId", "drugsngToken", "isActive", "createdAt", "updatedAt") VALUES
  (1, 'Adaeze Okonkwo', 'adaeze.okonkwo@example.com', '$2a$10$uiEKzaQMJsk5Z3zORCY/d.rREhXoJAGJccS5em5pTiI/uaVAZsDuu', '+2348030001001', 'EXT-07000', 'ext-token-01-sample', true, '2025-03-03 09:00:00.000+01', '2025-03-03 09:00:00.000+01'),
  (2, 'Bashir Danladi', 'bashir.danladi@example.com', '$2a$10$ypeyLkXFR2kIVLSvqOUExe4pE8bSPA8S7YHD7nruxt7TSmhmIpZgW', '+2348030001002', NULL, NULL, true, '2025-03-04 09:00:00.000+01', '2025-04-03 09:00:00.000+01'),
  (3, 'Chiamaka Eze', 'chiamaka.eze@example.com', '$2a$10$OSYlDDWhXmiQ4pI2tiCdN.Q4d9hNKFxaqsO3WxLVQHPtwIgQVc8VO', '2348030001003', NULL, NULL, true, '2025-03-05 09:00:00.000+01', '2025-04-04 09:00:00.000+01'),
  (4, 'Damilola Adeyemi', 'damilola.adeyemi@example.com', '$2a$10$i/lGIBGqDMiaKFb4UPowTurlD6k7f1eMdqErFA3KFuwXttFrwvZF2', '08030001004', NULL, NULL, true, '2025-03-06 09:00:00.000+01', '2025-03-06 09:00:00.000+01'),
  (5, 'Efe Omoruyi', 'efe.omoruyi@example.com', '$2a$10$v9XdhoiCrnc67Apt/b5RaOFdFr5pRIFisuBehRG1WIrcumGb.5.xK', '+2348030001005', 'EXT-07004', 'ext-token-05-sample', true, '2025-03-07 09:00:00.000+01', '2025-04-06 09:00:00.000+01'),
  (6, 'Funmilayo Balogun', 'funmilayo.balogun@example.com', '$2a$10$8Uqntjx5T.uvoaaNgstBr.pFUNSQRc2F5QkSkUBzVfQAoQNnSEIgS', '+2348030001006', NULL, NULL, true, '2025-03-08 09:00:00.000+01', '2025-04-07 09:00:00.000+01'),
  (7, 'Garba Suleiman', 'garba.suleiman@example.com', '$2a$10$OhaVwLm6UuytFhFlDTl3JeKpzd2hgZE2ahxIBKvudmqmF6RKvsGn.', '+2347030001007', NULL, NULL, true, '2025-03-09 09:00:00.000+01', '2025-03-09 09:00:00.000+01'),
  (8, 'Halima Yusuf', 'Halima.Yusuf@Example.com', '$2a$10$FSfspsW2/kgBUgrYRtbL/.w1albgKdD5mg5DOa1K09DmcBhpS01my', '+2349030001008', NULL, NULL, true, '2025-03-10 09:00:00.000+01', '2025-04-09 09:00:00.000+01'),
  (9, 'Ifeanyi Nwosu', 'ifeanyi.nwosu@example.com', '$2a$10$pAt7QR1dSziVsic.fBMcJ.3Hd21Wc5q2hiarTEu8jXc5zkvVkRdKy', '+2348030001009', 'EXT-07008', 'ext-token-09-sample', true, '2025-03-11 09:00:00.000+01', '2025-04-10 09:00:00.000+01'),
  (10, 'Jumoke Afolabi', 'jumoke.afolabi@example.com', '$2a$10$CgpzIUtizYGW9HDV.2rAO.aaV6IM.Pm2yOEEzniAMFhiF/XQpoVcW', '+2348030001010', NULL, NULL, true, '2025-03-12 09:00:00.000+01', '2025-03-12 09:00:00.000+01'),
  (11, 'Kelechi Obi', 'kelechi.obi@example.com', '$2a$10$fS4Sr1HALT8uohNn75r5TOhKt3UQHnN91xaaxBMyiEP8YvyLx9DwK', '+2348030001011', NULL, NULL, true, '2025-03-13 09:00:00.000+01', '2025-04-12 09:00:00.000+01'),
  (12, 'Ladi Gyang', 'ladi.gyang@example.com', '$2a$10$gq7EHd6Tj6AAgyDf.lstOOcLk4H/zW5zcIEs/ZH.0iRWPEuKB7Asi', '8030001012', NULL, NULL, true, '2025-03-14 09:00:00.000+01', '2025-04-13 09:00:00.000+01'),
  (13, 'Musa Abdullahi', 'musa.abdullahi@example.com', '$2a$10$QP2ugc0lmFxG/ak6k2jIfudPXGXezznq1owwIXIitu4E4y6AU4l2K', '+2348030001013', 'EXT-07012', 'ext-token-13-sample', false, '2025-03-15 09:00:00.000+01', '2025-03-15 09:00:00.000+01'),
  (14, 'Nkechi Umeh', 'nkechi.umeh@example.com', '$2a$10$TEgqMprF3fGT92FKGm/TaeAOCuKtmJzFT2IW9gqek.EjyEtZz7Ocq', '+2348030001014', NULL, NULL, true, '2025-03-16 09:00:00.000+01', '2025-04-15 09:00:00.000+01'),
  (15, 'Osaze Igbinedion', 'adaeze.okonkwo+2@example.com', '$2a$10$UcrdV4gNlL3dudoNpEFGbe7iiL3V.nTViomm9uke4/YekOv/8CxMa', '+2348030001005', NULL, NULL, true, '2025-03-17 09:00:00.000+01', '2025-04-16 09:00:00.000+01'),
  (16, 'Patience Etim', 'patience.etim@example.com', '$2a$10$mZ8vSx7GJ.vAwf6Jp/fEq.9AkbVoam/5uMYOMrL7mRkJAlmQmx1rO', '+2348030001016', NULL, NULL, true, '2025-03-18 09:00:00.000+01', '2025-03-18 09:00:00.000+01'),
  (17, 'Rotimi Ogunleye', 'rotimi.ogunleye@example.com', '$2a$10$qK8.wt9qpeWxLCeqv8d1quHjK/rMt3N8.GrkhC9NnJ9qavXL84lti', '+2348030001017', 'EXT-07016', 'ext-token-17-sample', true, '2025-03-19 09:00:00.000+01', '2025-04-18 09:00:00.000+01'),
  (18, 'Simisola Bakare', 'simisola.bakare@example.com', '$2a$10$NGfgwB0EV/BHkChr9pA0S.R416qLWAndb3zz/kgqO0zss69BrBxpy', '+2348030001018', NULL, NULL, true, '2025-03-20 09:00:00.000+01', '2025-04-19 09:00:00.000+01'),
  (19, 'Tari Ebiere', 'tari.ebiere@example.com', '$2a$10$0pkOo.Is2iTHibVTbwTnwO/uwnIFEIQWsH165B4EMu76Nr6NqbMOm', '+2348030001019', NULL, NULL, NULL, '2025-03-21 09:00:00.000+01', '2025-03-21 09:00:00.000+01'),
  (20, 'Uche Anozie', 'uche.anozie@example.com', '$2a$10$EakwPVBxZ2YWQXBzpqz90uF0TY3/7yfEvSWVyopbijGaWhaTSGQd6', '+2348030001020', NULL, NULL, true, '2025-03-22 09:00:00.000+01', '2025-04-21 09:00:00.000+01');

-- ODD: product 6 out of stock, product 10 stock NULL, product 12 inactive but present in old orders; prices are double precision
INSERT INTO public.products ("id", "name", "category", "description", "price", "stock", "imageUrl", "isActive", "createdAt", "updatedAt") VALUES
  (1, 'Paracetamol 500mg', 'Analgesic', 'Tablets for pain and fever, pack of 24', 500.0, 100, 'https://res.example.com/drugs-ng/products/p1.png', true, '2025-03-03 09:00:00.000+01', '2025-03-23 09:00:00.000+01'),
  (2, 'Amoxicillin 500mg', 'Antibiotic', 'Capsules, prescription only', 800.0, 75, NULL, true, '2025-03-03 09:00:00.000+01', '2025-03-24 09:00:00.000+01'),
  (3, 'Artemether/Lumefantrine 80/480', 'Antimalarial', 'Adult course, 6 tablets', 2450.5, 60, 'https://res.example.com/drugs-ng/products/p3.png', true, '2025-03-03 09:00:00.000+01', '2025-03-25 09:00:00.000+01'),
  (4, 'Insulin Glargine pen', 'Anti-diabetic', 'Prescription only, keep cold', 12999.99, 12, NULL, true, '2025-03-03 09:00:00.000+01', '2025-03-26 09:00:00.000+01'),
  (5, 'Vitamin C 1000mg', 'Vitamins', 'Effervescent, tube of 20', 1499.9, 200, 'https://res.example.com/drugs-ng/products/p5.png', true, '2025-03-03 09:00:00.000+01', '2025-03-27 09:00:00.000+01'),
  (6, 'Cough Syrup 100ml', 'Cough & Cold', NULL, 400.0, 0, NULL, true, '2025-03-03 09:00:00.000+01', '2025-03-28 09:00:00.000+01'),
  (7, 'Omeprazole 20mg', 'Gastro', 'Capsules, pack of 28', 1850.25, 80, 'https://res.example.com/drugs-ng/products/p7.png', true, '2025-03-03 09:00:00.000+01', '2025-03-29 09:00:00.000+01'),
  (8, 'Loratadine 10mg', 'Antihistamine', 'Tablets, pack of 10', 350.1, 140, NULL, true, '2025-03-03 09:00:00.000+01', '2025-03-30 09:00:00.000+01'),
  (9, 'Metformin 500mg', 'Anti-diabetic', 'Prescription only', 1200.0, 90, 'https://res.example.com/drugs-ng/products/p9.png', true, '2025-03-03 09:00:00.000+01', '2025-03-31 09:00:00.000+01'),
  (10, 'Ibuprofen 400mg', 'Analgesic', 'Tablets, pack of 12', 650.0, NULL, NULL, true, '2025-03-03 09:00:00.000+01', '2025-04-01 09:00:00.000+01'),
  (11, 'Blood Pressure Monitor', 'Healthcare Devices', 'Upper arm', 25000.0, 8, 'https://res.example.com/drugs-ng/products/p11.png', true, '2025-03-03 09:00:00.000+01', '2025-04-02 09:00:00.000+01'),
  (12, 'Old Antacid (discontinued)', 'Gastro', 'Discontinued', 300.0, 3, NULL, false, '2025-03-03 09:00:00.000+01', '2025-04-03 09:00:00.000+01');

-- ODD: some names already start with "Dr." (the bot prints "Dr. Dr. …"); doctor 9 inactive and rating NULL
INSERT INTO public.doctors ("id", "name", "specialty", "location", "available", "rating", "imageUrl", "isActive", "createdAt", "updatedAt") VALUES
  (1, 'Dr. Amaka Nwachukwu', 'Cardiologist', 'Lagos', true, 4.8, 'https://res.example.com/drugs-ng/doctors/d1.jpg', true, '2025-03-03 09:00:00.000+01', '2025-03-08 09:00:00.000+01'),
  (2, 'Kunle Adebayo', 'Pediatrician', 'Abuja', true, 4.5, NULL, true, '2025-03-03 09:00:00.000+01', '2025-03-08 09:00:00.000+01'),
  (3, 'Dr. Zainab Bello', 'Dermatologist', 'Port Harcourt', true, 4.7, NULL, true, '2025-03-03 09:00:00.000+01', '2025-03-08 09:00:00.000+01'),
  (4, 'Emeka Okeke', 'General Practitioner', 'Kano', true, 4.6, 'https://res.example.com/drugs-ng/doctors/d4.jpg', true, '2025-03-03 09:00:00.000+01', '2025-03-08 09:00:00.000+01'),
  (5, 'Dr. Aisha Lawal', 'Gynecologist', 'Enugu', true, 4.9, NULL, true, '2025-03-03 09:00:00.000+01', '2025-03-08 09:00:00.000+01'),
  (6, 'Tobi Ajayi', 'Neurologist', 'Lagos', true, 4.25, NULL, true, '2025-03-03 09:00:00.000+01', '2025-03-08 09:00:00.000+01'),
  (7, 'Dr. Ovie Akpor', 'Orthopedic', 'Abuja', false, 4.4, 'https://res.example.com/drugs-ng/doctors/d7.jpg', true, '2025-03-03 09:00:00.000+01', '2025-03-08 09:00:00.000+01'),
  (8, 'Sade Martins', 'Cardiologist', 'Lagos Island', true, 0.0, NULL, true, '2025-03-03 09:00:00.000+01', '2025-03-08 09:00:00.000+01'),
  (9, 'Retired Doctor', 'Urologist', 'Ibadan', true, NULL, NULL, false, '2025-03-03 09:00:00.000+01', '2025-03-08 09:00:00.000+01');

INSERT INTO public.diagnostic_tests ("id", "name", "category", "description", "price", "sampleType", "collectionTime", "resultTime", "labPartner", "isActive", "createdAt", "updatedAt") VALUES
  (1, 'Full Blood Count', 'Blood Tests', NULL, 2500.0, 'Blood', '15 minutes', '24 hours', 'Sample Lab 1', true, '2025-03-03 09:00:00.000+01', '2025-03-03 09:00:00.000+01'),
  (2, 'Malaria Parasite', 'Infectious Disease Tests', NULL, 1800.0, 'Blood', '15 minutes', '24 hours', 'Sample Lab 2', true, '2025-03-03 09:00:00.000+01', '2025-03-03 09:00:00.000+01'),
  (3, 'Fasting Blood Sugar', 'Metabolic Tests', NULL, 1500.5, 'Blood', '15 minutes', '24 hours', 'Sample Lab 3', true, '2025-03-03 09:00:00.000+01', '2025-03-03 09:00:00.000+01'),
  (4, 'Thyroid Function', 'Endocrine Tests', NULL, 3000.0, 'Blood', '15 minutes', '24 hours', 'Sample Lab 1', true, '2025-03-03 09:00:00.000+01', '2025-03-03 09:00:00.000+01'),
  (5, 'Lipid Profile', 'Metabolic Tests', NULL, 2000.0, 'Blood', '15 minutes', '24 hours', 'Sample Lab 2', true, '2025-03-03 09:00:00.000+01', '2025-03-03 09:00:00.000+01'),
  (6, 'Urinalysis', 'Urinary Tests', NULL, 1000.0, 'Urine', '15 minutes', '24 hours', 'Sample Lab 3', true, '2025-03-03 09:00:00.000+01', '2025-03-03 09:00:00.000+01');

INSERT INTO public.healthcare_products ("id", "name", "category", "description", "price", "stock", "brand", "usage", "imageUrl", "isActive", "createdAt", "updatedAt") VALUES
  (1, 'First Aid Kit', 'First Aid', NULL, 3500.0, 50, 'Brand A', NULL, NULL, true, '2025-03-03 09:00:00.000+01', '2025-03-03 09:00:00.000+01'),
  (2, 'Digital Thermometer', 'Medical Devices', NULL, 2000.0, 75, 'Brand B', NULL, NULL, true, '2025-03-03 09:00:00.000+01', '2025-03-03 09:00:00.000+01'),
  (3, 'Pulse Oximeter', 'Medical Devices', NULL, 4500.0, 40, 'Brand C', NULL, NULL, true, '2025-03-03 09:00:00.000+01', '2025-03-03 09:00:00.000+01'),
  (4, 'Glucose Meter', 'Medical Devices', NULL, 5000.0, 0, 'Brand D', NULL, NULL, true, '2025-03-03 09:00:00.000+01', '2025-03-03 09:00:00.000+01'),
  (5, 'Elastic Bandage', 'First Aid', NULL, 800.0, 100, 'Brand E', NULL, NULL, true, '2025-03-03 09:00:00.000+01', '2025-03-03 09:00:00.000+01'),
  (6, 'Gauze Pads x10', 'First Aid', NULL, 500.0, 150, 'Brand F', NULL, NULL, true, '2025-03-03 09:00:00.000+01', '2025-03-03 09:00:00.000+01');

-- Open carts are orders with status Processing and address "To be provided". ODD: order 12 status NULL, 28 paymentStatus NULL, 25 orderDate NULL, 36 total 0, 21 total differs from its items, 40 has no items; totals carry float noise
INSERT INTO public.orders ("id", "userId", "status", "totalAmount", "paymentMethod", "paymentStatus", "paymentReference", "shippingAddress", "orderDate", "drugsngOrderId", "createdAt", "updatedAt") VALUES
  (1, 1, 'Delivered', 125700.2, 'Paystack', 'Paid', 'drugsng-1-1741086400000', 'Plot 45 Wuse II, Abuja', '2025-03-12 11:01:00.000+01', NULL, '2025-03-12 11:01:00.000+01', '2025-03-14 12:01:00.000+01'),
  (2, 2, 'Delivered', 5150.2, 'Cash on Delivery', 'Paid', NULL, '7 Aba Road, Port Harcourt', '2025-03-16 11:02:00.000+01', NULL, '2025-03-16 11:02:00.000+01', '2025-03-18 12:02:00.000+01'),
  (3, 3, 'Processing', 600.0, 'Flutterwave', 'Pending', NULL, '3 Zoo Road, Kano', '2025-03-20 11:03:00.000+01', NULL, '2025-03-20 11:03:00.000+01', '2025-03-20 12:03:00.000+01'),
  (4, 4, 'Cancelled', 1600.0, 'Flutterwave', 'Pending', NULL, '21 Ogui Road, Enugu', '2025-03-24 11:04:00.000+01', NULL, '2025-03-24 11:04:00.000+01', '2025-03-26 12:04:00.000+01'),
  (5, 5, 'Shipped', 800.0, 'Cash on Delivery', 'Pending', NULL, 'St. Mary''s Close, Yaba, Lagos', '2025-03-28 11:05:00.000+01', NULL, '2025-03-28 11:05:00.000+01', '2025-03-30 12:05:00.000+01'),
  (6, 6, 'Delivered', 2750.5, 'Flutterwave', 'Paid', '4500006', 'No 9, Ring Road, Benin City', '2025-04-01 11:06:00.000+01', 'DNG-000042', '2025-04-01 11:06:00.000+01', '2025-04-03 12:06:00.000+01'),
  (7, 7, 'Processing', 10400.0, 'Cash on Delivery', 'Pending', NULL, 'To be provided', '2025-04-05 11:07:00.000+01', NULL, '2025-04-05 11:07:00.000+01', '2025-04-05 12:07:00.000+01'),
  (8, 8, 'Shipped', 1600.0, 'Cash on Delivery', 'Pending', NULL, 'Plot 45 Wuse II, Abuja', '2025-04-09 11:08:00.000+01', NULL, '2025-04-09 11:08:00.000+01', '2025-04-11 12:08:00.000+01'),
  (9, 9, 'Delivered', 5750.5, 'Flutterwave', 'Paid', '4500009', '7 Aba Road, Port Harcourt', '2025-04-13 11:09:00.000+01', NULL, '2025-04-13 11:09:00.000+01', '2025-04-15 12:09:00.000+01'),
  (10, 10, 'Delivered', 1050.3000000000002, 'Paystack', 'Paid', 'drugsng-10-1741864000000', '3 Zoo Road, Kano', '2025-04-17 11:10:00.000+01', NULL, '2025-04-17 11:10:00.000+01', '2025-04-19 12:10:00.000+01'),
  (11, 11, 'Processing', 3250.5, 'Cash on Delivery', 'Pending', NULL, '21 Ogui Road, Enugu', '2025-04-21 11:11:00.000+01', NULL, '2025-04-21 11:11:00.000+01', '2025-04-21 12:11:00.000+01'),
  (12, 12, NULL, 5350.0, 'Flutterwave', 'Pending', NULL, 'St. Mary''s Close, Yaba, Lagos', '2025-04-25 11:12:00.000+01', 'DNG-000084', '2025-04-25 11:12:00.000+01', '2025-04-27 12:12:00.000+01'),
  (13, 13, 'Shipped', 1750.5, 'Paystack', 'Failed', 'drugsng-13-1742123200000', 'No 9, Ring Road, Benin City', '2025-04-29 11:13:00.000+01', NULL, '2025-04-29 11:13:00.000+01', '2025-05-01 12:13:00.000+01'),
  (14, 14, 'Delivered', 65499.95, 'Cash on Delivery', 'Paid', NULL, '12 Allen Avenue, Ikeja, Lagos', '2025-05-03 11:14:00.000+01', NULL, '2025-05-03 11:14:00.000+01', '2025-05-05 12:14:00.000+01'),
  (15, 15, 'Processing', 1300.0, 'Cash on Delivery', 'Pending', NULL, 'To be provided', '2025-05-07 11:15:00.000+01', NULL, '2025-05-07 11:15:00.000+01', '2025-05-07 12:15:00.000+01'),
  (16, 16, 'Shipped', 129499.7, 'Paystack', 'Paid', 'drugsng-16-1742382400000', '7 Aba Road, Port Harcourt', '2025-05-11 11:16:00.000+01', NULL, '2025-05-11 11:16:00.000+01', '2025-05-13 12:16:00.000+01'),
  (17, 17, 'Delivered', 27799.98, 'Cash on Delivery', 'Paid', NULL, '3 Zoo Road, Kano', '2025-05-15 11:17:00.000+01', NULL, '2025-05-15 11:17:00.000+01', '2025-05-17 12:17:00.000+01'),
  (18, 18, 'Delivered', 800.0, 'Flutterwave', 'Paid', '4500018', '21 Ogui Road, Enugu', '2025-05-19 11:18:00.000+01', 'DNG-000126', '2025-05-19 11:18:00.000+01', '2025-05-21 12:18:00.000+01'),
  (19, 19, 'Processing', 24750.0, 'Paystack', 'Pending', NULL, 'St. Mary''s Close, Yaba, Lagos', '2025-05-23 11:19:00.000+01', NULL, '2025-05-23 11:19:00.000+01', '2025-05-23 12:19:00.000+01'),
  (20, 20, 'Cancelled', 1600.0, 'Cash on Delivery', 'Pending', NULL, 'No 9, Ring Road, Benin City', '2025-05-27 11:20:00.000+01', NULL, '2025-05-27 11:20:00.000+01', '2025-05-29 12:20:00.000+01'),
  (21, 1, 'Shipped', 21504.75, 'Flutterwave', 'Paid', '4500021', '12 Allen Avenue, Ikeja, Lagos', '2025-05-31 11:21:00.000+01', NULL, '2025-05-31 11:21:00.000+01', '2025-06-02 12:21:00.000+01'),
  (22, 2, 'Delivered', 2800.0, 'Paystack', 'Paid', 'drugsng-22-1742900800000', 'Plot 45 Wuse II, Abuja', '2025-06-04 11:22:00.000+01', NULL, '2025-06-04 11:22:00.000+01', '2025-06-06 12:22:00.000+01'),
  (23, 3, 'Processing', 1850.25, 'Cash on Delivery', 'Pending', NULL, 'To be provided', '2025-06-08 11:23:00.000+01', NULL, '2025-06-08 11:23:00.000+01', '2025-06-08 12:23:00.000+01'),
  (24, 4, 'Shipped', 1900.0, 'Flutterwave', 'Paid', '4500024', '3 Zoo Road, Kano', '2025-06-12 11:24:00.000+01', 'DNG-000168', '2025-06-12 11:24:00.000+01', '2025-06-14 12:24:00.000+01'),
  (25, 5, 'Delivered', 2450.5, 'Paystack', 'Paid', 'drugsng-25-1743160000000', '21 Ogui Road, Enugu', NULL, NULL, '2025-06-16 11:25:00.000+01', '2025-06-18 12:25:00.000+01'),
  (26, 6, 'Delivered', 38999.97, 'Cash on Delivery', 'Paid', NULL, 'St. Mary''s Close, Yaba, Lagos', '2025-06-20 11:26:00.000+01', NULL, '2025-06-20 11:26:00.000+01', '2025-06-22 12:26:00.000+01'),
  (27, 7, 'Processing', 13051.25, 'Flutterwave', 'Pending', NULL, 'No 9, Ring Road, Benin City', '2025-06-24 11:27:00.000+01', NULL, '2025-06-24 11:27:00.000+01', '2025-06-24 12:27:00.000+01'),
  (28, 8, 'Cancelled', 350.1, 'Paystack', NULL, NULL, '12 Allen Avenue, Ikeja, Lagos', '2025-06-28 11:28:00.000+01', NULL, '2025-06-28 11:28:00.000+01', '2025-06-30 12:28:00.000+01'),
  (29, 9, 'Shipped', 4150.5, 'Cash on Delivery', 'Pending', NULL, 'Plot 45 Wuse II, Abuja', '2025-07-02 11:29:00.000+01', NULL, '2025-07-02 11:29:00.000+01', '2025-07-04 12:29:00.000+01'),
  (30, 10, 'Delivered', 12901.5, 'Flutterwave', 'Paid', '4500030', '7 Aba Road, Port Harcourt', '2025-07-06 11:30:00.000+01', 'DNG-000210', '2025-07-06 11:30:00.000+01', '2025-07-08 12:30:00.000+01'),
  (31, 11, 'Processing', 3550.0, 'Cash on Delivery', 'Pending', NULL, 'To be provided', '2025-07-10 11:31:00.000+01', NULL, '2025-07-10 11:31:00.000+01', '2025-07-10 12:31:00.000+01'),
  (32, 12, 'Shipped', 29650.0, 'Cash on Delivery', 'Pending', NULL, '21 Ogui Road, Enugu', '2025-07-14 11:32:00.000+01', NULL, '2025-07-14 11:32:00.000+01', '2025-07-16 12:32:00.000+01'),
  (33, 13, 'Delivered', 2400.0, 'Flutterwave', 'Paid', '4500033', 'St. Mary''s Close, Yaba, Lagos', '2025-07-18 11:33:00.000+01', NULL, '2025-07-18 11:33:00.000+01', '2025-07-20 12:33:00.000+01'),
  (34, 14, 'Delivered', 13399.99, 'Paystack', 'Paid', 'drugsng-34-1743937600000', 'No 9, Ring Road, Benin City', '2025-07-22 11:34:00.000+01', NULL, '2025-07-22 11:34:00.000+01', '2025-07-24 12:34:00.000+01'),
  (35, 15, 'Processing', 64999.95, 'Cash on Delivery', 'Pending', NULL, '12 Allen Avenue, Ikeja, Lagos', '2025-07-26 11:35:00.000+01', NULL, '2025-07-26 11:35:00.000+01', '2025-07-26 12:35:00.000+01'),
  (36, 16, 'Cancelled', 0.0, 'Flutterwave', 'Pending', NULL, 'Plot 45 Wuse II, Abuja', '2025-07-30 11:36:00.000+01', 'DNG-000252', '2025-07-30 11:36:00.000+01', '2025-08-01 12:36:00.000+01'),
  (37, 17, 'Shipped', 128050.0, 'Paystack', 'Paid', 'drugsng-37-1744196800000', '7 Aba Road, Port Harcourt', '2025-08-03 11:37:00.000+01', NULL, '2025-08-03 11:37:00.000+01', '2025-08-05 12:37:00.000+01'),
  (38, 18, 'Delivered', 4000.0, 'Cash on Delivery', 'Paid', NULL, '3 Zoo Road, Kano', '2025-08-07 11:38:00.000+01', NULL, '2025-08-07 11:38:00.000+01', '2025-08-09 12:38:00.000+01'),
  (39, 19, 'Processing', 4199.8, 'Cash on Delivery', 'Pending', NULL, 'To be provided', '2025-08-11 11:39:00.000+01', NULL, '2025-08-11 11:39:00.000+01', '2025-08-11 12:39:00.000+01'),
  (40, 20, 'Shipped', 2400.0, 'Paystack', 'Paid', 'drugsng-40-1744456000000', 'St. Mary''s Close, Yaba, Lagos', '2025-08-15 11:40:00.000+01', NULL, '2025-08-15 11:40:00.000+01', '2025-08-17 12:40:00.000+01');

INSERT INTO public.order_items ("id", "orderId", "productId", "quantity", "price", "createdAt", "updatedAt") VALUES
  (1, 1, 11, 5, 25000.0, '2025-03-12 11:01:00.000+01', '2025-03-12 11:01:00.000+01'),
  (2, 1, 8, 2, 350.1, '2025-03-12 11:01:00.000+01', '2025-03-12 11:01:00.000+01'),
  (3, 2, 9, 1, 1200.0, '2025-03-16 11:02:00.000+01', '2025-03-16 11:02:00.000+01'),
  (4, 2, 8, 2, 350.1, '2025-03-16 11:02:00.000+01', '2025-03-16 11:02:00.000+01'),
  (5, 2, 10, 5, 650.0, '2025-03-16 11:02:00.000+01', '2025-03-16 11:02:00.000+01'),
  (6, 3, 12, 2, 300.0, '2025-03-20 11:03:00.000+01', '2025-03-20 11:03:00.000+01'),
  (7, 4, 9, 1, 1200.0, '2025-03-24 11:04:00.000+01', '2025-03-24 11:04:00.000+01'),
  (8, 4, 6, 1, 400.0, '2025-03-24 11:04:00.000+01', '2025-03-24 11:04:00.000+01'),
  (9, 5, 2, 1, 800.0, '2025-03-28 11:05:00.000+01', '2025-03-28 11:05:00.000+01'),
  (10, 6, 1, 2, 500.0, '2025-04-01 11:06:00.000+01', '2025-04-01 11:06:00.000+01'),
  (11, 6, 8, 5, 350.1, '2025-04-01 11:06:00.000+01', '2025-04-01 11:06:00.000+01'),
  (12, 7, 2, 5, 800.0, '2025-04-05 11:07:00.000+01', '2025-04-05 11:07:00.000+01'),
  (13, 7, 6, 1, 400.0, '2025-04-05 11:07:00.000+01', '2025-04-05 11:07:00.000+01'),
  (14, 7, 9, 5, 1200.0, '2025-04-05 11:07:00.000+01', '2025-04-05 11:07:00.000+01'),
  (15, 8, 2, 2, 800.0, '2025-04-09 11:08:00.000+01', '2025-04-09 11:08:00.000+01'),
  (16, 9, 8, 5, 350.1, '2025-04-13 11:09:00.000+01', '2025-04-13 11:09:00.000+01'),
  (17, 9, 2, 5, 800.0, '2025-04-13 11:09:00.000+01', '2025-04-13 11:09:00.000+01'),
  (18, 10, 8, 3, 350.1, '2025-04-17 11:10:00.000+01', '2025-04-17 11:10:00.000+01'),
  (19, 11, 2, 1, 800.0, '2025-04-21 11:11:00.000+01', '2025-04-21 11:11:00.000+01'),
  (20, 11, 3, 1, 2450.5, '2025-04-21 11:11:00.000+01', '2025-04-21 11:11:00.000+01'),
  (21, 12, 1, 2, 500.0, '2025-04-25 11:12:00.000+01', '2025-04-25 11:12:00.000+01'),
  (22, 12, 9, 2, 1200.0, '2025-04-25 11:12:00.000+01', '2025-04-25 11:12:00.000+01'),
  (23, 12, 10, 3, 650.0, '2025-04-25 11:12:00.000+01', '2025-04-25 11:12:00.000+01'),
  (24, 13, 8, 5, 350.1, '2025-04-29 11:13:00.000+01', '2025-04-29 11:13:00.000+01'),
  (25, 14, 4, 5, 12999.99, '2025-05-03 11:14:00.000+01', '2025-05-03 11:14:00.000+01'),
  (26, 14, 1, 1, 500.0, '2025-05-03 11:14:00.000+01', '2025-05-03 11:14:00.000+01'),
  (27, 15, 10, 2, 650.0, '2025-05-07 11:15:00.000+01', '2025-05-07 11:15:00.000+01'),
  (28, 16, 11, 5, 25000.0, '2025-05-11 11:16:00.000+01', '2025-05-11 11:16:00.000+01'),
  (29, 16, 5, 3, 1499.9, '2025-05-11 11:16:00.000+01', '2025-05-11 11:16:00.000+01'),
  (30, 17, 12, 1, 300.0, '2025-05-15 11:17:00.000+01', '2025-05-15 11:17:00.000+01'),
  (31, 17, 4, 2, 12999.99, '2025-05-15 11:17:00.000+01', '2025-05-15 11:17:00.000+01'),
  (32, 17, 1, 3, 500.0, '2025-05-15 11:17:00.000+01', '2025-05-15 11:17:00.000+01'),
  (33, 18, 2, 1, 800.0, '2025-05-19 11:18:00.000+01', '2025-05-19 11:18:00.000+01'),
  (34, 19, 11, 1, 22500.0, '2025-05-23 11:19:00.000+01', '2025-05-23 11:19:00.000+01'),
  (35, 19, 1, 5, 450.0, '2025-05-23 11:19:00.000+01', '2025-05-23 11:19:00.000+01'),
  (36, 20, 2, 2, 800.0, '2025-05-27 11:20:00.000+01', '2025-05-27 11:20:00.000+01'),
  (37, 21, 7, 5, 1850.25, '2025-05-31 11:21:00.000+01', '2025-05-31 11:21:00.000+01'),
  (38, 21, 3, 5, 2450.5, '2025-05-31 11:21:00.000+01', '2025-05-31 11:21:00.000+01'),
  (39, 22, 2, 2, 800.0, '2025-06-04 11:22:00.000+01', '2025-06-04 11:22:00.000+01'),
  (40, 22, 9, 1, 1200.0, '2025-06-04 11:22:00.000+01', '2025-06-04 11:22:00.000+01'),
  (41, 23, 7, 1, 1850.25, '2025-06-08 11:23:00.000+01', '2025-06-08 11:23:00.000+01'),
  (42, 24, 1, 3, 500.0, '2025-06-12 11:24:00.000+01', '2025-06-12 11:24:00.000+01'),
  (43, 24, 6, 1, 400.0, '2025-06-12 11:24:00.000+01', '2025-06-12 11:24:00.000+01'),
  (44, 25, 3, 1, 2450.5, '2025-06-16 11:25:00.000+01', '2025-06-16 11:25:00.000+01'),
  (45, 26, 4, 3, 12999.99, '2025-06-20 11:26:00.000+01', '2025-06-20 11:26:00.000+01'),
  (46, 27, 1, 5, 500.0, '2025-06-24 11:27:00.000+01', '2025-06-24 11:27:00.000+01'),
  (47, 27, 10, 2, 650.0, '2025-06-24 11:27:00.000+01', '2025-06-24 11:27:00.000+01'),
  (48, 27, 7, 5, 1850.25, '2025-06-24 11:27:00.000+01', '2025-06-24 11:27:00.000+01'),
  (49, 28, 8, 1, 350.1, '2025-06-28 11:28:00.000+01', '2025-06-28 11:28:00.000+01'),
  (50, 29, 9, 2, 1200.0, '2025-07-02 11:29:00.000+01', '2025-07-02 11:29:00.000+01'),
  (51, 29, 8, 5, 350.1, '2025-07-02 11:29:00.000+01', '2025-07-02 11:29:00.000+01'),
  (52, 30, 5, 3, 1499.9, '2025-07-06 11:30:00.000+01', '2025-07-06 11:30:00.000+01'),
  (53, 30, 8, 3, 350.1, '2025-07-06 11:30:00.000+01', '2025-07-06 11:30:00.000+01'),
  (54, 30, 3, 3, 2450.5, '2025-07-06 11:30:00.000+01', '2025-07-06 11:30:00.000+01'),
  (55, 31, 2, 2, 800.0, '2025-07-10 11:31:00.000+01', '2025-07-10 11:31:00.000+01'),
  (56, 31, 10, 3, 650.0, '2025-07-10 11:31:00.000+01', '2025-07-10 11:31:00.000+01'),
  (57, 32, 10, 1, 650.0, '2025-07-14 11:32:00.000+01', '2025-07-14 11:32:00.000+01'),
  (58, 32, 2, 5, 800.0, '2025-07-14 11:32:00.000+01', '2025-07-14 11:32:00.000+01'),
  (59, 32, 11, 1, 25000.0, '2025-07-14 11:32:00.000+01', '2025-07-14 11:32:00.000+01'),
  (60, 33, 2, 3, 800.0, '2025-07-18 11:33:00.000+01', '2025-07-18 11:33:00.000+01'),
  (61, 34, 6, 1, 400.0, '2025-07-22 11:34:00.000+01', '2025-07-22 11:34:00.000+01'),
  (62, 34, 4, 1, 12999.99, '2025-07-22 11:34:00.000+01', '2025-07-22 11:34:00.000+01'),
  (63, 35, 4, 5, 12999.99, '2025-07-26 11:35:00.000+01', '2025-07-26 11:35:00.000+01'),
  (64, 36, 7, 3, 1850.25, '2025-07-30 11:36:00.000+01', '2025-07-30 11:36:00.000+01'),
  (65, 36, 1, 2, 500.0, '2025-07-30 11:36:00.000+01', '2025-07-30 11:36:00.000+01'),
  (66, 37, 10, 1, 650.0, '2025-08-03 11:37:00.000+01', '2025-08-03 11:37:00.000+01'),
  (67, 37, 11, 5, 25000.0, '2025-08-03 11:37:00.000+01', '2025-08-03 11:37:00.000+01'),
  (68, 37, 9, 2, 1200.0, '2025-08-03 11:37:00.000+01', '2025-08-03 11:37:00.000+01'),
  (69, 38, 2, 5, 800.0, '2025-08-07 11:38:00.000+01', '2025-08-07 11:38:00.000+01'),
  (70, 39, 9, 1, 1200.0, '2025-08-11 11:39:00.000+01', '2025-08-11 11:39:00.000+01'),
  (71, 39, 5, 2, 1499.9, '2025-08-11 11:39:00.000+01', '2025-08-11 11:39:00.000+01');

-- verificationStatus: 9 Pending, 8 Verified, 5 Rejected, 3 NULL (ODD). ODD: order 2 has two prescriptions (ids 1 and 15); 9 has a relative fileUrl; 12 Verified without verifiedAt; 14 without verifiedBy; extractedText is NULL, empty, blank, noisy or long
INSERT INTO public.prescriptions ("id", "orderId", "fileUrl", "extractedText", "verificationStatus", "pharmacistNotes", "verifiedBy", "verifiedAt", "createdAt", "updatedAt") VALUES
  (1, 2, 'https://res.example.com/drugs-ng/prescriptions/rx-0001.jpg', 'Patient: Adaeze Okonkwo
Dr. S. Lawson
Amoxicillin 500 mg 1 x 3 daily, 7 days
12/03/2025', 'Pending', NULL, NULL, NULL, '2025-04-10 10:00:00.000+01', '2025-04-12 10:00:00.000+01'),
  (2, 5, 'https://res.example.com/drugs-ng/prescriptions/rx-0002.pdf', 'Name: B. Danladi
Insulin glargine 10 units nocte', 'Pending', NULL, NULL, NULL, '2025-04-11 10:01:00.000+01', '2025-04-13 10:01:00.000+01'),
  (3, 8, 'https://res.example.com/drugs-ng/prescriptions/rx-0003.png', 'Rx Metformin 500mg bd x 30', 'Pending', NULL, NULL, NULL, '2025-04-12 10:02:00.000+01', '2025-04-14 10:02:00.000+01'),
  (4, 11, 'https://res.example.com/drugs-ng/prescriptions/rx-0004.jpg', '', 'Pending', NULL, NULL, NULL, '2025-04-13 10:03:00.000+01', '2025-04-15 10:03:00.000+01'),
  (5, 14, 'https://res.example.com/drugs-ng/prescriptions/rx-0005.pdf', '   
  ', 'Pending', NULL, NULL, NULL, '2025-04-14 10:04:00.000+01', '2025-04-16 10:04:00.000+01'),
  (6, 18, 'https://res.example.com/drugs-ng/prescriptions/rx-0006.png', NULL, 'Pending', NULL, NULL, NULL, '2025-04-15 10:05:00.000+01', '2025-04-17 10:05:00.000+01'),
  (7, 20, 'https://res.example.com/drugs-ng/prescriptions/rx-0007.jpg', 'Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. Patient: very long OCR text. ', 'Pending', NULL, NULL, NULL, '2025-04-16 10:06:00.000+01', '2025-04-18 10:06:00.000+01'),
  (8, 22, 'https://res.example.com/drugs-ng/prescriptions/rx-0008.pdf', '§¶ illegible ~~ 5OOmg ºº', 'Pending', NULL, NULL, NULL, '2025-04-17 10:07:00.000+01', '2025-04-19 10:07:00.000+01'),
  (9, 26, '/uploads/legacy/rx-9.jpg', 'Patient: Efe
Omeprazole 20mg od
"take before food"; it''s urgent', 'Pending', NULL, NULL, NULL, '2025-04-18 10:08:00.000+01', '2025-04-20 10:08:00.000+01'),
  (10, 29, 'https://res.example.com/drugs-ng/prescriptions/rx-0010.jpg', NULL, 'Verified', NULL, 'Pharm. Tolu A.', '2025-04-21 15:09:00.000+01', '2025-04-19 10:09:00.000+01', '2025-04-21 10:09:00.000+01'),
  (11, 31, 'https://res.example.com/drugs-ng/prescriptions/rx-0011.pdf', 'Patient: Adaeze Okonkwo
Dr. S. Lawson
Amoxicillin 500 mg 1 x 3 daily, 7 days
12/03/2025', 'Verified', NULL, 'ID-50', '2025-04-22 15:10:00.000+01', '2025-04-20 10:10:00.000+01', '2025-04-22 10:10:00.000+01'),
  (12, 33, 'https://res.example.com/drugs-ng/prescriptions/rx-0012.png', 'Name: B. Danladi
Insulin glargine 10 units nocte', 'Verified', NULL, 'Pharm. Tolu A.', NULL, '2025-04-21 10:11:00.000+01', '2025-04-23 10:11:00.000+01'),
  (13, 35, 'https://res.example.com/drugs-ng/prescriptions/rx-0013.jpg', 'Rx Metformin 500mg bd x 30', 'Verified', NULL, 'ID-52', '2025-04-24 15:12:00.000+01', '2025-04-22 10:12:00.000+01', '2025-04-24 10:12:00.000+01'),
  (14, 38, 'https://res.example.com/drugs-ng/prescriptions/rx-0014.pdf', '', 'Verified', NULL, NULL, '2025-04-25 15:13:00.000+01', '2025-04-23 10:13:00.000+01', '2025-04-25 10:13:00.000+01'),
  (15, 2, 'https://res.example.com/drugs-ng/prescriptions/rx-0015.png', '   
  ', 'Verified', NULL, 'ID-54', '2025-04-26 15:14:00.000+01', '2025-04-24 10:14:00.000+01', '2025-04-26 10:14:00.000+01'),
  (16, 6, 'https://res.example.com/drugs-ng/prescriptions/rx-0016.jpg', NULL, 'Verified', NULL, 'Pharm. Tolu A.', '2025-04-27 15:15:00.000+01', '2025-04-25 10:15:00.000+01', '2025-04-27 10:15:00.000+01'),
  (17, 9, 'https://res.example.com/drugs-ng/prescriptions/rx-0017.pdf', NULL, 'Verified', NULL, 'ID-56', '2025-04-28 15:16:00.000+01', '2025-04-26 10:16:00.000+01', '2025-04-28 10:16:00.000+01'),
  (18, 12, 'https://res.example.com/drugs-ng/prescriptions/rx-0018.png', '§¶ illegible ~~ 5OOmg ºº', 'Rejected', 'Name does not match the account', 'Pharm. Grace N.', '2025-04-29 16:17:00.000+01', '2025-04-27 10:17:00.000+01', '2025-04-29 10:17:00.000+01'),
  (19, 16, 'https://res.example.com/drugs-ng/prescriptions/rx-0019.jpg', 'Patient: Efe
Omeprazole 20mg od
"take before food"; it''s urgent', 'Rejected', NULL, 'Pharm. Grace N.', '2025-04-30 16:18:00.000+01', '2025-04-28 10:18:00.000+01', '2025-04-30 10:18:00.000+01'),
  (20, 19, 'https://res.example.com/drugs-ng/prescriptions/rx-0020.pdf', NULL, 'Rejected', 'Not a prescription', '', '2025-05-01 16:19:00.000+01', '2025-04-29 10:19:00.000+01', '2025-05-01 10:19:00.000+01'),
  (21, 24, 'https://res.example.com/drugs-ng/prescriptions/rx-0021.png', 'Patient: Adaeze Okonkwo
Dr. S. Lawson
Amoxicillin 500 mg 1 x 3 daily, 7 days
12/03/2025', 'Rejected', 'Image too dark', 'Pharm. Grace N.', '2025-05-02 16:20:00.000+01', '2025-04-30 10:20:00.000+01', '2025-05-02 10:20:00.000+01'),
  (22, 27, 'https://res.example.com/drugs-ng/prescriptions/rx-0022.jpg', 'Name: B. Danladi
Insulin glargine 10 units nocte', 'Rejected', 'Expired prescription', 'Pharm. Grace N.', '2025-05-03 16:21:00.000+01', '2025-05-01 10:21:00.000+01', '2025-05-03 10:21:00.000+01'),
  (23, 30, 'https://res.example.com/drugs-ng/prescriptions/rx-0023.pdf', 'Rx Metformin 500mg bd x 30', NULL, NULL, NULL, NULL, '2025-05-02 10:22:00.000+01', '2025-05-04 10:22:00.000+01'),
  (24, 34, 'https://res.example.com/drugs-ng/prescriptions/rx-0024.png', '', NULL, NULL, NULL, NULL, '2025-05-03 10:23:00.000+01', '2025-05-05 10:23:00.000+01'),
  (25, 40, 'https://res.example.com/drugs-ng/prescriptions/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.jpg', '   
  ', NULL, NULL, NULL, NULL, '2025-05-04 10:24:00.000+01', '2025-05-06 10:24:00.000+01');

-- v1 sessions: no token/userId/loginTime columns; the token lives in data. ODD: 4 data NULL, 6 lastActivity NULL (v2 makes it NOT NULL), 7-8 hold a plain-text password in data.registrationData, 23 logged in without token, 24 unknown user id, 25 userId as text, 29 SUPPORT_CHAT without team, 30 state NULL
INSERT INTO public.sessions ("id", "phoneNumber", "state", "data", "lastActivity", "supportTeamId", "createdAt", "updatedAt") VALUES
  (1, '2348030009100', 'NEW', '{}'::jsonb, now() - interval '2 minutes', NULL, '2025-03-04 09:00:00.000+01', now() - interval '2 minutes'),
  (2, '2348030009101', 'NEW', '{}'::jsonb, now() - interval '3 hours', NULL, '2025-03-05 09:00:00.000+01', now() - interval '3 hours'),
  (3, '2348030009102', 'NEW', '{}'::jsonb, now() - interval '45 days', NULL, '2025-03-06 09:00:00.000+01', now() - interval '45 days'),
  (4, '2348030009103', 'NEW', NULL, now() - interval '400 days', NULL, '2025-03-07 09:00:00.000+01', now() - interval '400 days'),
  (5, '2348030009104', 'NEW', '{"token": null, "userId": null}'::jsonb, now() - interval '9 minutes 50 seconds', NULL, '2025-03-08 09:00:00.000+01', now() - interval '9 minutes 50 seconds'),
  (6, '2348030009105', 'NEW', '{}'::jsonb, NULL, NULL, '2025-03-09 09:00:00.000+01', '2025-03-09 09:00:00.000+01'),
  (7, '2348030009001', 'REGISTERING', '{"registrationData": {"name": "Test Pending One", "email": "pending.one@example.com", "password": "SamplePlain!1", "phoneNumber": "+2348030009001"}, "waitingForOTPVerification": true, "registrationAttempts": 1}'::jsonb, now() - interval '4 minutes', NULL, '2025-03-10 09:00:00.000+01', now() - interval '4 minutes'),
  (8, '2348030009002', 'REGISTERING', '{"registrationData": {"name": "Test Pending Two", "email": "pending.two@example.com", "password": "SamplePlain!2", "phoneNumber": "+2348030009002"}, "waitingForOTPVerification": true, "registrationAttempts": 3}'::jsonb, now() - interval '12 days', NULL, '2025-03-11 09:00:00.000+01', now() - interval '12 days'),
  (9, '2348030009108', 'REGISTERING', '{"registrationData": null, "waitingForOTPVerification": false}'::jsonb, now() - interval '70 minutes', NULL, '2025-03-12 09:00:00.000+01', now() - interval '70 minutes'),
  (10, '2348030009109', 'REGISTERING', '{}'::jsonb, now() - interval '1 day', NULL, '2025-03-13 09:00:00.000+01', now() - interval '1 day'),
  (11, '2348030001002', 'REGISTERED', '{"userId": 2}'::jsonb, now() - interval '6 minutes', NULL, '2025-03-14 09:00:00.000+01', now() - interval '6 minutes'),
  (12, '2348030001017', 'REGISTERED', '{"userId": 17}'::jsonb, now() - interval '200 days', NULL, '2025-03-15 09:00:00.000+01', now() - interval '200 days'),
  (13, '2348030009112', 'REGISTERED', '{}'::jsonb, now() - interval '11 minutes', NULL, '2025-03-16 09:00:00.000+01', now() - interval '11 minutes'),
  (14, '2348030009113', 'LOGGING_IN', '{}'::jsonb, now() - interval '1 minute', NULL, '2025-03-17 09:00:00.000+01', now() - interval '1 minute'),
  (15, '2348030009114', 'LOGGING_IN', '{"pendingPrescriptionUrl": "https://res.example.com/drugs-ng/prescriptions/pending-a.jpg"}'::jsonb, now() - interval '2 days', NULL, '2025-03-18 09:00:00.000+01', now() - interval '2 days'),
  (16, '2348030009115', 'LOGGING_IN', '{}'::jsonb, now() - interval '30 minutes', NULL, '2025-03-19 09:00:00.000+01', now() - interval '30 minutes'),
  (17, '2348030001001', 'LOGGED_IN', '{"userId": 1, "token": "sample-session-token-01-3fe71c9e338b48532beed8cf1f216446"}'::jsonb, now() - interval '30 seconds', NULL, '2025-03-20 09:00:00.000+01', now() - interval '30 seconds'),
  (18, '2348030001003', 'LOGGED_IN', '{"userId": 3, "token": "sample-session-token-03-fc1fbf53322e8bde1bb590a64ae8117d", "tokenLastUsed": "2025-06-01T10:00:00.000Z"}'::jsonb, now() - interval '8 minutes', NULL, '2025-03-21 09:00:00.000+01', now() - interval '8 minutes'),
  (19, '2348030001004', 'LOGGED_IN', '{"userId": 4, "token": "sample-session-token-04-f9ef259967030c130e2f5437a1b25a59", "cartOrderId": 23, "cartItemCount": 1, "cartTotal": 12999.99}'::jsonb, now() - interval '9 minutes 55 seconds', NULL, '2025-03-22 09:00:00.000+01', now() - interval '9 minutes 55 seconds'),
  (20, '2348030001005', 'LOGGED_IN', '{"userId": 5, "token": "sample-session-token-05-2c7d641fb40cd8199bd3daa990ae54cd", "searchResults": [{"id": 1, "name": "Paracetamol 500mg", "price": 500, "category": "Analgesic"}, {"id": 10, "name": "Ibuprofen 400mg", "price": 650, "category": "Analgesic"}]}'::jsonb, now() - interval '10 minutes 5 seconds', NULL, '2025-03-23 09:00:00.000+01', now() - interval '10 minutes 5 seconds'),
  (21, '2348030001006', 'LOGGED_IN', '{"userId": 6, "token": "sample-session-token-06-877594e7b9aa6a641cec7bf4acc13dc5", "pendingPrescriptionUrl": "https://res.example.com/drugs-ng/prescriptions/pending-b.pdf"}'::jsonb, now() - interval '19 minutes', NULL, '2025-03-24 09:00:00.000+01', now() - interval '19 minutes'),
  (22, '2348030001008', 'LOGGED_IN', '{"userId": 8, "token": "sample-session-token-08-cf408d4921ef8be35e53a8bc46f14729"}'::jsonb, now() - interval '21 minutes', NULL, '2025-03-25 09:00:00.000+01', now() - interval '21 minutes'),
  (23, '2348030001009', 'LOGGED_IN', '{"userId": 9}'::jsonb, now() - interval '5 minutes', NULL, '2025-03-26 09:00:00.000+01', now() - interval '5 minutes'),
  (24, '2348030009123', 'LOGGED_IN', '{"userId": 999, "token": "sample-session-token-99-b6434a746521fc3f6e55f2c5893f964b"}'::jsonb, now() - interval '3 minutes', NULL, '2025-03-27 09:00:00.000+01', now() - interval '3 minutes'),
  (25, '2348030001011', 'LOGGED_IN', '{"userId": "11", "token": "sample-session-token-11-ca1144eba2b69a354a99b8dd1af4cb2a"}'::jsonb, now() - interval '2 minutes', NULL, '2025-03-28 09:00:00.000+01', now() - interval '2 minutes'),
  (26, '2348030001012', 'LOGGED_IN', '{"userId": 12, "token": "sample-session-token-12-fad9b3ac88552293e7d93a4ea7cc5892"}'::jsonb, now() - interval '90 days', NULL, '2025-03-29 09:00:00.000+01', now() - interval '90 days'),
  (27, '2348030001007', 'SUPPORT_CHAT', '{"userId": 7, "token": "sample-session-token-07-5096b47cecd74fe5804d9b55de5c20bd"}'::jsonb, now() - interval '1 minute', 1, '2025-03-30 09:00:00.000+01', now() - interval '1 minute'),
  (28, '2348030001010', 'SUPPORT_CHAT', '{"userId": 10, "token": "sample-session-token-10-62b1673c91e70a3235845f34bb580deb"}'::jsonb, now() - interval '5 hours', 2, '2025-03-31 09:00:00.000+01', now() - interval '5 hours'),
  (29, '2348030009128', 'SUPPORT_CHAT', '{}'::jsonb, now() - interval '7 minutes', NULL, '2025-04-01 09:00:00.000+01', now() - interval '7 minutes'),
  (30, '2348030001013', NULL, '{"userId": 13}'::jsonb, now() - interval '15 days', NULL, '2025-04-02 09:00:00.000+01', now() - interval '15 days');

-- ODD: 4 and 5 are the same booking twice; 7 lies in the past, still Scheduled, at 02:00; 10 status NULL; 12 over 3 months ahead with an inactive doctor
INSERT INTO public.appointments ("id", "userId", "doctorId", "dateTime", "status", "notes", "drugsngAppointmentId", "createdAt", "updatedAt") VALUES
  (1, 1, 1, '2025-04-14 10:00:00+01', 'Completed', NULL, NULL, '2025-04-02 09:00:00.000+01', '2025-04-15 09:00:00.000+01'),
  (2, 2, 2, '2025-05-20 14:30:00+01', 'Completed', 'Follow-up', NULL, '2025-05-02 09:00:00.000+01', '2025-05-21 09:00:00.000+01'),
  (3, 3, 5, '2025-06-02 09:00:00+01', 'Cancelled', NULL, 'APT-77', '2025-05-12 09:00:00.000+01', '2025-05-17 09:00:00.000+01'),
  (4, 4, 1, date_trunc('day', now()) + interval '3 days 9 hours', 'Scheduled', NULL, NULL, '2025-06-01 09:00:00.000+01', '2025-06-01 09:00:00.000+01'),
  (5, 4, 1, date_trunc('day', now()) + interval '3 days 9 hours', 'Scheduled', 'duplicate', NULL, '2025-06-01 09:00:00.000+01', '2025-06-01 09:00:00.000+01'),
  (6, 5, 6, date_trunc('day', now()) + interval '6 days 13 hours', 'Scheduled', NULL, 'APT-90', '2025-06-06 09:00:00.000+01', '2025-06-06 09:00:00.000+01'),
  (7, 6, 4, '2025-03-10 02:00:00+01', 'Scheduled', 'never completed', NULL, '2025-03-07 09:00:00.000+01', '2025-03-07 09:00:00.000+01'),
  (8, 9, 3, now() + interval '5 hours', 'Scheduled', NULL, NULL, '2025-06-11 09:00:00.000+01', '2025-06-11 09:00:00.000+01'),
  (9, 10, 7, '2025-07-12 11:00:00+01', 'Cancelled', NULL, NULL, '2025-06-12 09:00:00.000+01', '2025-06-21 09:00:00.000+01'),
  (10, 14, 8, '2025-08-16 16:30:00+01', NULL, NULL, NULL, '2025-07-01 09:00:00.000+01', '2025-07-01 09:00:00.000+01'),
  (11, 16, 2, now() + interval '40 days', 'Scheduled', NULL, NULL, '2025-07-02 09:00:00.000+01', '2025-07-02 09:00:00.000+01'),
  (12, 20, 9, '2026-12-31 23:30:00+01', 'Scheduled', 'very far', NULL, '2025-07-03 09:00:00.000+01', '2025-07-03 09:00:00.000+01');

-- ODD: 4 and 5 same user and product; 6 is healthcare product 6 (Gauze Pads, 500) stored against products.id 6 (the v1 mix-up of the two tables); 9 quantity 0; 7 price older than the product's
INSERT INTO public.carts ("id", "userId", "productId", "quantity", "price", "createdAt", "updatedAt") VALUES
  (1, 1, 1, 2, 500.0, '2025-04-22 09:00:00.000+01', '2025-04-22 09:00:00.000+01'),
  (2, 1, 5, 1, 1499.9, '2025-04-22 09:00:00.000+01', '2025-04-22 09:00:00.000+01'),
  (3, 3, 3, 1, 2450.5, '2025-04-23 09:00:00.000+01', '2025-04-23 09:00:00.000+01'),
  (4, 6, 2, 3, 500.0, '2025-04-24 09:00:00.000+01', '2025-04-24 09:00:00.000+01'),
  (5, 6, 2, 1, 800.0, '2025-04-24 09:00:00.000+01', '2025-04-25 09:00:00.000+01'),
  (6, 8, 6, 1, 500.0, '2025-05-02 09:00:00.000+01', '2025-05-02 09:00:00.000+01'),
  (7, 11, 11, 1, 24500.0, '2025-05-03 09:00:00.000+01', '2025-05-03 09:00:00.000+01'),
  (8, 12, 12, 1, 300.0, '2025-05-04 09:00:00.000+01', '2025-05-04 09:00:00.000+01'),
  (9, 15, 1, 0, 500.0, '2025-05-05 09:00:00.000+01', '2025-05-05 09:00:00.000+01'),
  (10, 20, 8, 4, 350.1, '2025-05-06 09:00:00.000+01', '2025-05-06 09:00:00.000+01');

-- ODD: 4 and 5 same code twice; 8 isUsed NULL; 9 purpose NULL; codes are stored in clear text
INSERT INTO public.otps ("id", "email", "code", "purpose", "expiresAt", "isUsed", "usedAt", "createdAt", "updatedAt") VALUES
  (1, 'adaeze.okonkwo@example.com', '4821', 'registration', '2025-03-03 09:05:00.000+01', true, '2025-03-03 09:02:00.000+01', '2025-03-03 09:00:00.000+01', '2025-03-03 09:02:00.000+01'),
  (2, 'bashir.danladi@example.com', '1093', 'registration', '2025-03-04 09:05:00.000+01', true, '2025-03-04 09:04:00.000+01', '2025-03-04 09:00:00.000+01', '2025-03-04 09:04:00.000+01'),
  (3, 'pending.one@example.com', '7755', 'registration', now() + interval '1 minute', false, NULL, now() - interval '4 minutes', now() - interval '4 minutes'),
  (4, 'pending.two@example.com', '3310', 'registration', now() - interval '12 days', false, NULL, now() - interval '12 days', now() - interval '12 days'),
  (5, 'pending.two@example.com', '3310', 'registration', now() - interval '12 days' + interval '2 minutes', false, NULL, now() - interval '12 days', now() - interval '12 days'),
  (6, 'halima.yusuf@example.com', '9001', 'password_reset', '2025-05-22 10:05:00.000+01', false, NULL, '2025-05-22 10:00:00.000+01', '2025-05-22 10:00:00.000+01'),
  (7, 'efe.omoruyi@example.com', '6642', 'password_reset', '2025-05-23 10:05:00.000+01', true, '2025-05-23 10:03:00.000+01', '2025-05-23 10:00:00.000+01', '2025-05-23 10:03:00.000+01'),
  (8, 'nkechi.umeh@example.com', '1200', 'email_verification', '2025-05-24 10:05:00.000+01', NULL, NULL, '2025-05-24 10:00:00.000+01', '2025-05-24 10:00:00.000+01'),
  (9, 'tari.ebiere@example.com', '5555', NULL, '2025-05-25 10:05:00.000+01', false, NULL, '2025-05-25 10:00:00.000+01', '2025-05-25 10:00:00.000+01');

-- ODD: 11 long text and isRead NULL; 12 empty text and timestamp NULL
INSERT INTO public.support_chats ("id", "customerPhoneNumber", "supportTeamId", "message", "isFromCustomer", "timestamp", "isRead", "createdAt", "updatedAt") VALUES
  (1, '2348030001007', 1, 'Hello, my order has not arrived', true, now() - interval '20 minutes', true, now() - interval '20 minutes', now() - interval '20 minutes'),
  (2, '2348030001007', 1, 'Which order number please?', false, now() - interval '18 minutes', false, now() - interval '18 minutes', now() - interval '18 minutes'),
  (3, '2348030001007', 1, 'It is order 7', true, now() - interval '2 minutes', false, now() - interval '2 minutes', now() - interval '2 minutes'),
  (4, '2348030001010', 2, 'I want to change my address', true, now() - interval '6 hours', false, now() - interval '6 hours', now() - interval '6 hours'),
  (5, '2348030001010', 2, 'Please send the new address', false, now() - interval '5 hours', true, now() - interval '5 hours', now() - interval '5 hours'),
  (6, '2348030009128', 1, '??? 😡😡', true, now() - interval '7 minutes', false, now() - interval '7 minutes', now() - interval '7 minutes'),
  (7, '2348030001002', 3, 'Can I take paracetamol with amoxicillin?', true, '2025-04-16 12:00:00.000+01', true, '2025-04-16 12:00:00.000+01', '2025-04-16 12:00:00.000+01'),
  (8, '2348030001002', 3, 'Yes; ask your doctor if unsure.', false, '2025-04-16 12:09:00.000+01', true, '2025-04-16 12:09:00.000+01', '2025-04-16 12:09:00.000+01'),
  (9, '2348030001002', 3, 'It''s fine, thanks', true, '2025-04-16 12:15:00.000+01', true, '2025-04-16 12:15:00.000+01', '2025-04-16 12:15:00.000+01'),
  (10, '2348030001014', 4, 'App error 500', true, '2025-04-17 08:00:00.000+01', false, '2025-04-17 08:00:00.000+01', '2025-04-17 08:00:00.000+01'),
  (11, '2348030001014', 4, 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', true, '2025-04-17 08:01:00.000+01', NULL, '2025-04-17 08:01:00.000+01', '2025-04-17 08:01:00.000+01'),
  (12, '2348030001016', 2, '', true, NULL, false, '2025-04-18 09:00:00.000+01', '2025-04-18 09:00:00.000+01');

-- ODD: 3 points at a chat that does not exist (no FK in v1); 4 rating 7 (the 1-5 check lives only in JavaScript)
INSERT INTO public.support_ratings ("id", "supportChatId", "customerPhoneNumber", "supportTeamId", "rating", "feedback", "ratedAt", "createdAt", "updatedAt") VALUES
  (1, 9, '2348030001002', 3, 5, 'Very helpful', '2025-04-16 12:20:00.000+01', '2025-04-16 12:20:00.000+01', '2025-04-16 12:20:00.000+01'),
  (2, 5, '2348030001010', 2, 3, NULL, '2025-04-18 09:00:00.000+01', '2025-04-18 09:00:00.000+01', '2025-04-18 09:00:00.000+01'),
  (3, 999, '2348030001014', 4, 1, 'No answer', NULL, '2025-04-19 09:00:00.000+01', '2025-04-19 09:00:00.000+01'),
  (4, 11, '2348030001014', 4, 7, 'out of range', '2025-04-19 09:00:00.000+01', '2025-04-19 09:00:00.000+01', '2025-04-19 09:00:00.000+01');

INSERT INTO public.diagnostic_bookings ("id", "userId", "diagnosticTestId", "sampleCollectionDate", "sampleCollectionLocation", "status", "totalAmount", "paymentStatus", "paymentReference", "notes", "createdAt", "updatedAt") VALUES
  (1, 1, 1, '2025-04-01 08:00:00+01', '12 Allen Avenue, Ikeja', 'Completed', 2500.0, 'Paid', 'drugsng-dx-1', NULL, '2025-03-28 09:00:00.000+01', '2025-04-01 09:00:00.000+01'),
  (2, 4, 2, now() + interval '2 days', 'Home', 'Pending', 1800.0, 'Pending', NULL, NULL, '2025-06-03 09:00:00.000+01', '2025-06-03 09:00:00.000+01'),
  (3, 5, 3, '2025-06-10 07:30:00+01', 'Lab 2', 'Cancelled', 1500.5, 'Failed', NULL, 'patient cancelled', '2025-06-06 09:00:00.000+01', '2025-06-07 09:00:00.000+01'),
  (4, 9, 5, '2025-07-01 09:00:00+01', 'Lab 1', NULL, 2000.0, NULL, NULL, NULL, '2025-06-09 09:00:00.000+01', '2025-06-09 09:00:00.000+01');

SELECT pg_catalog.setval('public.support_teams_id_seq', (SELECT max(id) FROM public.support_teams), true);
SELECT pg_catalog.setval('public.users_id_seq', (SELECT max(id) FROM public.users), true);
SELECT pg_catalog.setval('public.products_id_seq', (SELECT max(id) FROM public.products), true);
SELECT pg_catalog.setval('public.doctors_id_seq', (SELECT max(id) FROM public.doctors), true);
SELECT pg_catalog.setval('public.diagnostic_tests_id_seq', (SELECT max(id) FROM public.diagnostic_tests), true);
SELECT pg_catalog.setval('public.healthcare_products_id_seq', (SELECT max(id) FROM public.healthcare_products), true);
SELECT pg_catalog.setval('public.orders_id_seq', (SELECT max(id) FROM public.orders), true);
SELECT pg_catalog.setval('public.order_items_id_seq', (SELECT max(id) FROM public.order_items), true);
SELECT pg_catalog.setval('public.prescriptions_id_seq', (SELECT max(id) FROM public.prescriptions), true);
SELECT pg_catalog.setval('public.sessions_id_seq', (SELECT max(id) FROM public.sessions), true);
SELECT pg_catalog.setval('public.appointments_id_seq', (SELECT max(id) FROM public.appointments), true);
SELECT pg_catalog.setval('public.carts_id_seq', (SELECT max(id) FROM public.carts), true);
SELECT pg_catalog.setval('public.otps_id_seq', (SELECT max(id) FROM public.otps), true);
SELECT pg_catalog.setval('public.support_chats_id_seq', (SELECT max(id) FROM public.support_chats), true);
SELECT pg_catalog.setval('public.support_ratings_id_seq', (SELECT max(id) FROM public.support_ratings), true);
SELECT pg_catalog.setval('public.diagnostic_bookings_id_seq', (SELECT max(id) FROM public.diagnostic_bookings), true);
COMMIT;
